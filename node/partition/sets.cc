#include "node/partition/sets.h"

#include "common/base/hash.h"

namespace cairn::partition {

SetId Sets::find(std::string_view name) const {
    if (name.empty()) return kNoSet;
    for (uint64_t slot = hash64(as_bytes(name)) % kHashSlots;; slot = (slot + 1) % kHashSlots) {
        const SetId id = by_name_[slot].load(std::memory_order_acquire);
        if (id == kNoSet || (*this)[id].name == name) return id;
    }
}

SetId Sets::find_or_add(std::string_view name) {
    if (const SetId id = find(name); id != kNoSet) return id;
    if (name.empty() || name.size() > kSetNameMax) return kNoSet;
    const std::lock_guard lock(adding_);
    if (const SetId id = find(name); id != kNoSet) return id;
    const auto id = static_cast<SetId>(owned_.size() + 1);
    if (id > kSetCountMax) return kNoSet;
    owned_.push_back(std::make_unique<Set>(name));
    slots_[id].store(owned_.back().get(), std::memory_order_release);
    uint64_t slot = hash64(as_bytes(name)) % kHashSlots;
    while (by_name_[slot].load(std::memory_order_relaxed) != kNoSet) slot = (slot + 1) % kHashSlots;
    by_name_[slot].store(id, std::memory_order_release);
    count_.store(id, std::memory_order_release);
    return id;
}

}  // namespace cairn::partition
