#include "node/copies/outbox.h"

namespace cairn::copies {

void Outbox::add(size_t ns, PartitionId partition, Machine::Effects&& effects) {
    if (effects.empty()) return;
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        first = items_.empty();
        for (auto& effect : effects) {
            std::visit([&](auto& known) { items_.push_back({ns, partition, std::move(known)}); }, effect);
        }
    }
    if (first) wake();
}

void Outbox::add(Item item) {
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        first = items_.empty();
        items_.push_back(std::move(item));
    }
    if (first) wake();
}

void Outbox::wake() {
    loop_.post([this, alive = std::weak_ptr(alive_)] {
        if (!alive.expired()) flush();
    });
}

void Outbox::flush() {
    std::vector<Item> items;
    {
        const std::lock_guard lock(mutex_);
        items.swap(items_);
    }
    flush_(std::move(items));
}

}  // namespace cairn::copies
