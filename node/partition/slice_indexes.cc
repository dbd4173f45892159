#include "node/partition/slice_indexes.h"

#include <algorithm>

namespace cairn::partition {
namespace {

expr::Subject subject_of(const Sets& sets, const record::Head& record) {
    // No index is over what changes by itself: the time does not matter.
    return {.digest = record.digest, .set = sets.name(record.set_id), .now_ms = 0, .head = &record};
}

}  // namespace

void SliceIndexes::remove(const SecondaryIndex& index) {
    const auto found = std::ranges::find(parts_, &index, [](const auto& part) { return part->index.get(); });
    if (found == parts_.end()) return;
    (*found)->entries.clear(pool_);
    parts_.erase(found);
}

SliceIndexes::Part* SliceIndexes::find(const SecondaryIndex& index) {
    const auto found = std::ranges::find(parts_, &index, [](const auto& part) { return part->index.get(); });
    return found == parts_.end() ? nullptr : found->get();
}

/// @return  whether the change may matter to this index.
bool SliceIndexes::compute(Part& part, const Sets& sets, const record::Head* before, const record::Head* after) {
    // A record's place may be taken by one of another set, when it has expired: each side is looked at by itself.
    if (before != nullptr && !part.values.covers(sets.name(before->set_id))) before = nullptr;
    if (after != nullptr && !part.values.covers(sets.name(after->set_id))) after = nullptr;
    if (before == nullptr && after == nullptr) return false;
    if (before != nullptr && after != nullptr) {
        const auto old = subject_of(sets, *before);
        const auto fresh = subject_of(sets, *after);
        change_.compute(part.values, &old, &fresh);
    } else if (before != nullptr) {
        const auto old = subject_of(sets, *before);
        change_.compute(part.values, &old, nullptr);
    } else {
        const auto fresh = subject_of(sets, *after);
        change_.compute(part.values, nullptr, &fresh);
    }
    return true;
}

void SliceIndexes::erase(Part& part, const Digest& digest) {
    for (const sindex::Value value : change_.erased()) part.entries.erase(pool_, sindex::Entry::of(value, digest));
}

void SliceIndexes::insert(Part& part, const Digest& digest, const std::vector<sindex::Value>& values) {
    for (const sindex::Value value : values) {
        if (part.entries.insert(pool_, sindex::Entry::of(value, digest)) == sindex::EntrySet::Insert::refused) {
            part.index->incomplete.store(true, std::memory_order_relaxed);
        }
    }
}

void SliceIndexes::add_entries(Part& part, const Sets& sets, const record::Head& record) {
    part.values.of(subject_of(sets, record), values_);
    insert(part, record.digest, values_);
}

void SliceIndexes::tidy() {
    if (!pool_.wants_tidy()) return;
    pool_.tidy([this](uint16_t owner, index::LeafPool::Ref ref) {
        const auto part = std::ranges::find(parts_, owner, [](const auto& each) { return each->index->number; });
        CAIRN_CHECK(part != parts_.end());
        (*part)->entries.move(pool_, ref);
    });
}

uint64_t SliceIndexes::held_bytes() const {
    uint64_t bytes = pool_.held_bytes();
    for (const auto& part : parts_) bytes += part->entries.bytes();
    return bytes;
}

}  // namespace cairn::partition
