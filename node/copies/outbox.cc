#include "node/copies/outbox.h"

namespace cairn::copies {

void Outbox::add(size_t ns, std::string_view name, PartitionId partition, Machine::Effects&& effects) {
    if (effects.empty()) return;
    const std::lock_guard lock(mutex_);
    for (auto& effect : effects) {
        if (auto* const send = std::get_if<Machine::Send>(&effect)) {
            letters_to(send->to, send->view).push_back({name, partition, std::move(send->message)});
        } else if (const auto* const answer = std::get_if<Machine::Answer>(&effect)) {
            gathered_.answers.emplace_back(ns, *answer);
        } else {
            std::visit(
                [&]<class Kind>(Kind& known) {
                    if constexpr (std::is_constructible_v<decltype(Item::what), Kind>) {
                        gathered_.items.push_back({ns, partition, std::move(known)});
                    }
                },
                effect);
        }
    }
    wake();
}

void Outbox::add(Item item) {
    const std::lock_guard lock(mutex_);
    gathered_.items.push_back(std::move(item));
    wake();
}

std::vector<replication::Letter>& Outbox::letters_to(cluster::NodeId node, const cluster::Ballot& view) {
    for (Outgoing& known : gathered_.packets) {
        if (known.to == node && known.packet.view == view) return known.packet.letters;
    }
    return gathered_.packets.emplace_back(node, replication::Packet{view, 0, {}}).packet.letters;
}

void Outbox::wake() {
    if (std::exchange(woken_, true)) return;
    loop_.post([this, alive = std::weak_ptr(alive_)] {
        if (!alive.expired()) flush();
    });
}

void Outbox::flush() {
    Gathered gathered;
    {
        const std::lock_guard lock(mutex_);
        std::swap(gathered, gathered_);
        woken_ = false;
    }
    flush_(std::move(gathered));
}

}  // namespace cairn::copies
