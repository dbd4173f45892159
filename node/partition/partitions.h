#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "common/base/check.h"
#include "node/partition/partition.h"

namespace cairn::partition {

/// Memory totals of one namespace, in bytes.
struct MemoryUse {
    uint64_t objects = 0;
    uint64_t tombstones = 0;
    uint64_t data_used = 0;   // live records, padding included
    uint64_t data_held = 0;   // memory behind them
    uint64_t index_used = 0;  // leaves and directories
    uint64_t sindex_used = 0;  // secondary indexes
};

/// One slice as a step sees it: several of its partitions, and its part of the secondary indexes. Valid inside
/// Partitions::with_slice() only.
class SliceView {
public:
    SliceView(Slice& slice, std::vector<PartitionState>& states, Sets& sets, Totals& totals)
        : slice_(slice), states_(states), sets_(sets), totals_(totals) {}

    /// @param id  of this slice.
    Partition partition(PartitionId id) { return {id, slice_, states_, sets_, totals_}; }
    /// @return  null: there is no such index any more.
    SliceIndexes::Part* find(const SecondaryIndex& index) {
        return slice_.indexes ? slice_.indexes->find(index) : nullptr;
    }
    /// Of the secondary indexes; there are some.
    const index::LeafPool& pool() const { return slice_.indexes->pool(); }

private:
    Slice& slice_;
    std::vector<PartitionState>& states_;
    Sets& sets_;
    Totals& totals_;
};

/// The 4096 partitions of one namespace and their doors.
class Partitions final : public storage::Mover {
public:
    /// @param slice_count  power of two, at most 4096.
    /// @param reserve_bytes  address space for records in each slice.
    /// @param store  where records live, and outlives this; nothing: in memory.
    Partitions(Sets& sets, size_t slice_count, uint64_t reserve_bytes, storage::Store* store = nullptr);

    /// Runs `step` with the partition to itself. A step is plain code: it cannot wait, so it is short, and all it
    /// reads and writes belongs together. It returns values, no way back in, and enters no second door.
    template <class Step>
    auto with(PartitionId id, Step&& step) {
        using Outcome = std::invoke_result_t<Step, Partition&>;
        static_assert(!std::is_pointer_v<Outcome> && !std::is_reference_v<Outcome>);
        Slice& slice = slice_of(id);
        const std::lock_guard entry(slice.door);
        Partition partition(id, slice, states_, sets_, totals_);
        return std::forward<Step>(step)(partition);
    }

    /// The same with all partitions of a slice: `step` gets a SliceView.
    /// @param slice  below slice_count().
    template <class Step>
    auto with_slice(size_t slice, Step&& step) {
        const std::lock_guard entry(slices_[slice]->door);
        SliceView view(*slices_[slice], states_, sets_, totals_);
        return std::forward<Step>(step)(view);
    }

    /// Every slice knows the index from now on, one after another.
    /// @return  false when the machine refused the address space; no slice knows it then.
    bool add_index(const std::shared_ptr<SecondaryIndex>& index);
    void remove_index(const SecondaryIndex& index);

    /// For batches: starts loading what entering and the first look-up will touch. Reads nothing itself.
    void prefetch(PartitionId id) const {
        __builtin_prefetch(&states_[id]);
        __builtin_prefetch(&slice_of(id).door);
    }

    size_t slice_count() const { return slices_.size(); }
    /// Enters every door once, one after another.
    MemoryUse memory_use() const;

    /// Nearly up to date (64 KiB for each slice) and cheap: for limits.
    const Totals& totals() const { return totals_; }

    /// Finishes a slice's compaction in steps, then gives memory kept for reuse back to the machine: for quiet times.
    /// @return  whether there is more to do.
    bool tidy_slice(size_t slice);

    /// Puts a few MiB of a slice's records, those that lie together and are full, into huge pages; waits half a
    /// millisecond for each, outside the door.
    /// @return  whether there may be more to do.
    bool make_huge(size_t slice);

    bool move(const record::Head& record, storage::Place from, Append& append) override;

    /// False when the machine refused the address space: nothing can be stored then.
    bool reserved() const;

private:
    friend class Loader;  // fills the indexes before anyone enters
    friend class IndexImage;  // copies them after everyone has left

    Slice& slice_of(PartitionId id) { return *slices_[id & (slices_.size() - 1)]; }
    const Slice& slice_of(PartitionId id) const { return *slices_[id & (slices_.size() - 1)]; }

    Sets& sets_;
    std::vector<std::unique_ptr<Slice>> slices_;
    Totals totals_;
    std::vector<PartitionState> states_;  // by partition id; each behind its slice's door
};

}  // namespace cairn::partition
