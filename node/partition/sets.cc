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
    SetId id = static_cast<SetId>(owned_.size() + 1);
    while (id <= kSetCountMax && exists(id)) ++id;
    if (id > kSetCountMax) return kNoSet;
    place(id, name);
    return id;
}

bool Sets::restore(SetId id, std::string_view name) {
    const std::lock_guard lock(adding_);
    if (id == kNoSet || id > kSetCountMax || name.empty() || name.size() > kSetNameMax) return false;
    if (exists(id)) return (*this)[id].name == name;
    if (find(name) != kNoSet) return false;
    place(id, name);
    return true;
}

void Sets::truncate(std::string_view name, uint64_t lut) {
    const std::lock_guard lock(adding_);
    if (const SetId id = find(name); id != kNoSet) {
        (*this)[id].truncate_lut.store(lut);
    } else if (lut != 0) {
        truncated_.insert_or_assign(std::string(name), lut);
    } else if (const auto kept = truncated_.find(name); kept != truncated_.end()) {
        truncated_.erase(kept);
    }
}

void Sets::place(SetId id, std::string_view name) {
    owned_.push_back(std::make_unique<Set>(name));
    if (const auto truncated = truncated_.extract(std::string(name))) {
        owned_.back()->truncate_lut = truncated.mapped();
    }
    slots_[id].store(owned_.back().get(), std::memory_order_release);
    uint64_t slot = hash64(as_bytes(name)) % kHashSlots;
    while (by_name_[slot].load(std::memory_order_relaxed) != kNoSet) slot = (slot + 1) % kHashSlots;
    by_name_[slot].store(id, std::memory_order_release);
    if (id > count()) count_.store(id, std::memory_order_release);
}

}  // namespace cairn::partition
