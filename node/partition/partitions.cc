#include "node/partition/partitions.h"

#include <algorithm>
#include <bit>

namespace cairn::partition {
namespace {

/// Address space only, for the entries of one slice: memory ends long before.
constexpr uint64_t kEntriesReserve = 8ull << 30;

}  // namespace

Partitions::Partitions(Sets& sets, size_t slice_count, uint64_t reserve_bytes, storage::Store* store) : sets_(sets) {
    CAIRN_CHECK(std::has_single_bit(slice_count) && slice_count <= kPartitionCount);
    // Without records an arena needs no more than its first block; leaves are larger when entries carry metadata.
    const uint64_t arena_bytes = store == nullptr ? reserve_bytes : 0;
    const uint64_t leaf_bytes = store == nullptr ? reserve_bytes / 4 : std::max<uint64_t>(reserve_bytes, 1ull << 30);
    for (size_t i = 0; i < slice_count; ++i) {
        const size_t stream = store == nullptr ? 0 : i % store->streams();
        slices_.push_back(std::make_unique<Slice>(arena_bytes, leaf_bytes, store, stream));
    }
    states_.reserve(kPartitionCount);
    for (uint32_t id = 0; id < kPartitionCount; ++id) states_.emplace_back(static_cast<PartitionId>(id));
}

MemoryUse Partitions::memory_use() const {
    MemoryUse use;
    for (const auto& slice : slices_) {
        const std::lock_guard lock(slice->door);
        use.objects += slice->objects;
        use.tombstones += slice->tombstones;
        use.data_used += slice->arena.used_bytes();
        use.data_held += slice->arena.held_bytes();
        use.index_used += slice->leaves.held_bytes() + slice->directory_bytes;
        if (slice->indexes) use.sindex_used += slice->indexes->held_bytes();
    }
    return use;
}

bool Partitions::tidy_slice(size_t index) {
    // Any partition of the slice leads into it.
    return with(static_cast<PartitionId>(index), [](Partition& partition) {
        partition.tidy(/*leaves=*/true);
        if (partition.wants_tidy()) return true;
        partition.trim();
        return false;
    });
}

bool Partitions::add_index(const std::shared_ptr<SecondaryIndex>& index) {
    for (const auto& slice : slices_) {
        const std::lock_guard lock(slice->door);
        if (!slice->indexes) slice->indexes = std::make_unique<SliceIndexes>(kEntriesReserve);
        slice->indexes->add(index);
    }
    const bool reserved = std::ranges::all_of(slices_, [](const auto& slice) { return slice->indexes->reserved(); });
    if (!reserved) remove_index(*index);
    return reserved;
}

void Partitions::remove_index(const SecondaryIndex& index) {
    for (const auto& slice : slices_) {
        const std::lock_guard lock(slice->door);
        if (!slice->indexes) continue;
        slice->indexes->remove(index);
        if (slice->indexes->empty()) slice->indexes.reset();
    }
}

bool Partitions::move(const record::Head& record, storage::Place from, Append& append) {
    return with(record.digest.partition(), [&](Partition& partition) { return partition.move(record, from, append); });
}

bool Partitions::make_huge(size_t index) {
    const auto any = static_cast<PartitionId>(index);
    const auto offset = with(any, [](Partition& partition) { return partition.next_huge(); });
    if (!offset) return false;
    const bool made = slices_[index]->arena.make_huge(*offset);
    with(any, [&](Partition& partition) {
        partition.settle_huge(*offset);
        return true;
    });
    return made;
}

bool Partitions::reserved() const {
    return std::ranges::all_of(slices_,
                               [](const auto& slice) { return slice->arena.reserved() && slice->leaves.reserved(); });
}

}  // namespace cairn::partition
