#include "node/copies/outbox.h"

namespace cairn::copies {

void Outbox::add(size_t ns, PartitionId partition, Machine::Effects&& effects) {
    if (effects.empty()) return;
    const std::lock_guard lock(mutex_);
    for (auto& effect : effects) {
        std::visit([&](auto& known) { items_.push_back({ns, partition, std::move(known)}); }, effect);
    }
    wake();
}

void Outbox::add(Item item) {
    const std::lock_guard lock(mutex_);
    items_.push_back(std::move(item));
    wake();
}

void Outbox::wake() {
    if (std::exchange(woken_, true)) return;
    loop_.post([this, alive = std::weak_ptr(alive_)] {
        if (!alive.expired()) flush();
    });
}

void Outbox::flush() {
    std::vector<Item> items;
    {
        const std::lock_guard lock(mutex_);
        items.swap(items_);
        woken_ = false;
    }
    flush_(std::move(items));
}

}  // namespace cairn::copies
