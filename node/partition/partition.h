#pragma once
#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/base/digest.h"
#include "node/index/arena.h"
#include "node/index/index.h"
#include "node/index/leaf_pool.h"
#include "node/partition/door.h"
#include "node/partition/sets.h"
#include "node/record/layout.h"

namespace cairn::partition {

using RecordIndex = index::Index<index::ThinEntry>;

/// What one partition owns by itself.
struct PartitionState {
    explicit PartitionState(PartitionId id) : index(id) {}

    RecordIndex index;
    uint64_t sequence = 0;  // versions accepted so far

    struct SetShare {
        SetId set;
        uint32_t objects;
    };
    std::vector<SetShare> set_shares;  // by set id: lets a scan of a set pass partitions that hold none of it
};

/// Partitions that share a door, a record arena and the memory of their indexes. There are far fewer slices than
/// partitions: memory is packed better, and the lock, the arena and the index are entered as one
/// (docs/decisions/003-slices.md).
struct Slice {
    Slice(uint64_t arena_reserve_bytes, uint64_t leaf_reserve_bytes)
        : arena(arena_reserve_bytes), leaves(leaf_reserve_bytes) {}

    Door door;
    index::Arena arena;
    index::LeafPool leaves;
    uint64_t objects = 0;
    uint64_t directory_bytes = 0;  // of its partitions' indexes
    uint64_t told_used = 0;        // what Totals already holds of this slice
    uint64_t told_held = 0;
};

/// Memory of a whole namespace, for limits: each slice tells when its own share has changed by kTellBytes.
struct Totals {
    static constexpr uint64_t kTellBytes = 64 << 10;

    std::atomic<uint64_t> used_bytes{0};  // live records
    std::atomic<uint64_t> held_bytes{0};  // memory behind records and index
};

/// How far a walk over one partition has come, in descending digest order. It holds nothing of the index, so records
/// may come and go between steps.
struct WalkPosition {
    std::optional<Digest> last;           // seen already, as all above it; need not exist any more
    uint64_t key = ~uint64_t{0};          // where the next step begins
    bool done = false;

    static WalkPosition after(const Digest& seen) { return {seen, seen.order(), false}; }
};

/// One partition as a step sees it: valid inside Partitions::with() only, with the partition to itself.
class Partition {
public:
    Partition(PartitionId id, Slice& slice, std::vector<PartitionState>& states, Sets& sets, Totals& totals)
        : id_(id), slice_(slice), states_(states), state_(states[id]), sets_(sets), totals_(totals) {}

    PartitionId id() const { return id_; }
    uint32_t record_count() const { return static_cast<uint32_t>(state_.index.size()); }
    uint32_t objects_in_set(SetId set) const;

    /// The current version, or nothing.
    record::Head* find(const Digest& digest) const;

    /// Room for a version of `units`; its head has units set and is not yet visible to anyone.
    /// @return  nothing when the namespace's address range is exhausted.
    record::Head* place(uint32_t units);
    /// Gives an unpublished place back.
    void abandon(record::Head* fresh);
    /// Makes `fresh`, complete but for its sequence, the current version; `old` (nothing when created) is gone after.
    /// @return  false when the index refuses more digests like this one; `fresh` is given back then.
    bool publish(record::Head* fresh, record::Head* old);
    void erase(record::Head* record);

    /// One step of a walk: the records of one index leaf below the position, in descending digest order, at most 400.
    /// Afterwards position.done tells whether any are left. The caller that stops in the middle of a step goes on
    /// from WalkPosition::after(the last one it used).
    void walk(WalkPosition& position, std::vector<record::Head*>& found) const;

    /// A small share of compaction, and the totals; called by writers at the end of their step, so that neither
    /// garbage nor memory outruns what is known of it.
    void tidy();
    /// Gives memory kept for reuse back to the machine.
    void trim();
    bool wants_tidy() const { return slice_.arena.wants_tidy() || slice_.leaves.wants_tidy(); }

    /// Arena::next_huge() and settle_huge() of the slice.
    std::optional<uint64_t> next_huge() { return slice_.arena.next_huge(); }
    void settle_huge(uint64_t offset) { slice_.arena.settle_huge(offset); }

    /// For batches: each of the two for a group of keys before the next, then find(): cache misses overlap.
    void prefetch_leaf(const Digest& digest) const { state_.index.prefetch_leaf(slice_.leaves, digest.order()); }
    void prefetch_record(const Digest& digest) const;

private:
    index::Handle handle_of(const record::Head* record) const {
        return static_cast<index::Handle>(reinterpret_cast<const uint8_t*>(record) - slice_.arena.at(0)) /
               record::kUnit;
    }
    void count_change(const record::Head& old, const record::Head& fresh);
    void count_in(const record::Head& record);
    void count_out(const record::Head& record);
    void tell_totals();

    PartitionId id_;
    Slice& slice_;
    std::vector<PartitionState>& states_;  // of the slice's other partitions too: compaction moves their records
    PartitionState& state_;
    Sets& sets_;
    Totals& totals_;
    // The entry of the record found last; what changes the index or its leaves forgets it.
    mutable index::ThinEntry* found_ = nullptr;
};

}  // namespace cairn::partition
