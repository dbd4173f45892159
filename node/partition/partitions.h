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
