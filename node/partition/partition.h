#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "common/base/buffer.h"
#include "common/base/digest.h"
#include "common/base/result.h"
#include "common/base/short_lock.h"
#include "node/index/arena.h"
#include "node/index/fat_entry.h"
#include "node/index/index.h"
#include "node/index/leaf_pool.h"
#include "node/partition/reads.h"
#include "node/partition/sets.h"
#include "node/partition/slice_indexes.h"
#include "node/record/layout.h"
#include "node/storage/store.h"

namespace cairn::partition {

using RecordIndex = index::Index<index::ThinEntry>;
using DeviceIndex = index::Index<index::FatEntry>;

/// What one partition owns by itself.
struct PartitionState {
    explicit PartitionState(PartitionId id) : index(id), on_device(id) {}

    RecordIndex index;      // of records in memory
    DeviceIndex on_device;  // of records in a store: a namespace uses the one or the other
    uint32_t tombstones = 0;
    uint64_t sequence = 0;  // versions accepted so far

    struct SetShare {
        SetId set;
        uint32_t objects;
    };
    std::vector<SetShare> set_shares;  // by set id: lets a scan of a set pass partitions that hold none of it

    /// Entries, tombstones too.
    uint64_t entries() const { return uint64_t{index.size()} + on_device.size(); }
};

/// Partitions that share a door, a record arena and the memory of their indexes. There are far fewer slices than
/// partitions: memory is packed better, and the lock, the arena and the index are entered as one
/// (docs/decisions/003-slices.md).
struct Slice {
    /// @param records_in  where records live, and the stream there of this slice's versions; nothing: in the arena.
    Slice(uint64_t arena_reserve_bytes, uint64_t leaf_reserve_bytes, storage::Store* records_in, size_t stream_there)
        : arena(arena_reserve_bytes), leaves(leaf_reserve_bytes), store(records_in), stream(stream_there) {}

    ShortLock door;
    index::Arena arena;
    index::LeafPool leaves;
    storage::Store* const store;
    const size_t stream;
    // Of a store, while a step runs: the version being written, the one loaded last, and metadata that find() and
    // walk() gave out.
    Buffer fresh;
    Buffer loaded;
    record::Head found{};
    std::vector<record::Head> walked;

    std::unique_ptr<SliceIndexes> indexes;  // null: the namespace has no secondary index

    uint64_t objects = 0;
    uint64_t tombstones = 0;
    uint64_t directory_bytes = 0;  // of its partitions' indexes
    uint64_t told_used = 0;  // what Totals already holds of this slice
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
    std::optional<Digest> last;  // seen already, as all above it; need not exist any more
    uint64_t key = ~uint64_t{0};  // where the next step begins
    bool done = false;

    static WalkPosition after(const Digest& seen) { return {seen, seen.order(), false}; }
};

/// One partition as a step sees it: valid inside Partitions::with() only, with the partition to itself.
class Partition {
public:
    Partition(PartitionId id, Slice& slice, std::vector<PartitionState>& states, Sets& sets, Totals& totals)
        : id_(id), slice_(slice), states_(states), state_(states[id]), sets_(sets), totals_(totals) {}

    PartitionId id() const { return id_; }
    uint32_t record_count() const { return static_cast<uint32_t>(state_.entries()) - state_.tombstones; }
    uint32_t tombstone_count() const { return state_.tombstones; }
    uint32_t objects_in_set(SetId set) const;

    /// The current version, or nothing (a tombstone is nothing). Of a record that is not in memory only the metadata:
    /// load() before anything but the head is used.
    record::Head* find(const Digest& digest) const;
    /// Makes `record`, from find() or walk(), whole: key and bins. It stays so until the next call for another record.
    /// @return  ok; waiting: it has to be read first, and `reads` knows; server_error: it cannot be read.
    ResultCode load(record::Head*& record, Reads& reads);

    /// Room for a version of `units`; its head has units set and is not yet visible to anyone.
    /// @return  nothing when the namespace's address range is exhausted.
    record::Head* place(uint32_t units);
    /// Gives an unpublished place back.
    void abandon(record::Head* fresh);
    /// Makes `fresh`, complete but for its sequence, the current version; `old` (nothing when created) is gone after.
    /// A `fresh` of kind tombstone leaves the digest as one that was deleted, for good.
    /// @return  ok; else nothing has changed and `fresh` is given back. forbidden: the index refuses more digests like
    ///          this one; out_of_space, device_overload, server_error: the store's.
    ResultCode publish(record::Head* fresh, record::Head* old);
    /// Ends a record. One in a store may come back when the node starts anew: publish a tombstone where it must not.
    void erase(record::Head* record);
    bool in_store() const { return slice_.store != nullptr; }
    /// Whether there are secondary indexes: a version in a store is loaded then before publish() or erase() ends it, as
    /// its entries are found by its values.
    bool indexed() const { return slice_.indexes != nullptr; }
    /// Building an index: enters a record, which is whole.
    /// @return  false: there is no such index any more.
    bool add_entries(const SecondaryIndex& index, const record::Head& record);
    /// The records whose digests begin with the leading 52 bits of `order` (Digest::order()), ascending; heads only, as
    /// from find(). There is hardly ever more than one.
    void find_by_order(uint64_t order, std::vector<record::Head*>& found) const;
    /// What must be durable before what this step has written may be acknowledged.
    storage::Ticket ticket() const { return slice_.store->ticket(slice_.stream); }
    /// Defragmentation: if `from` is still where this version is, writes it with `append` and points there from now on.
    /// @return  false when append() refused.
    bool move(const record::Head& record, storage::Place from, storage::Mover::Append& append);
    /// Loading: makes the index, which is empty, of entries sorted by key.
    /// @return  false: there is no room for it.
    bool build(std::span<const index::FatEntry> sorted);
    /// Loading: forgets the index, of which nothing was counted yet.
    void clear();
    /// Loading: counts all that the index has.
    void count_loaded(std::span<const index::FatEntry> entries);

    /// One step of a walk: the records of one index leaf below the position, in descending digest order, at most 400.
    /// Afterwards position.done tells whether any are left. The caller that stops in the middle of a step goes on
    /// from WalkPosition::after(the last one it used).
    void walk(WalkPosition& position, std::vector<record::Head*>& found) const;
    /// The same over tombstones: none in memory.
    struct Tombstone {
        Digest digest;
        uint64_t last_update_ms;
        storage::Place place;
    };
    void walk_tombstones(WalkPosition& position, std::vector<Tombstone>& found) const;
    /// Ends the tombstone of a digest.
    /// @return  false: it is not, or not any more, at this place.
    bool end_tombstone(const Digest& digest, storage::Place place);

    /// A small share of compaction, and the totals; called by writers at the end of their step, so that neither
    /// garbage nor memory outruns what is known of it.
    /// @param leaves  of the index too, whoever's turn it is: writers take turns at them.
    void tidy(bool leaves = false);
    /// Gives memory kept for reuse back to the machine.
    void trim();
    bool wants_tidy() const {
        return slice_.arena.wants_tidy() || slice_.leaves.wants_tidy() || (indexed() && slice_.indexes->wants_tidy());
    }

    /// Arena::next_huge() and settle_huge() of the slice.
    std::optional<uint64_t> next_huge() { return slice_.arena.next_huge(); }
    void settle_huge(uint64_t offset) { slice_.arena.settle_huge(offset); }

    /// For batches: leaves of a group of keys first, then their records, then find(): cache misses overlap.
    void prefetch_leaf(const Digest& digest) const {
        if (in_store()) state_.on_device.prefetch_leaf(slice_.leaves, digest.order());
        else state_.index.prefetch_leaf(slice_.leaves, digest.order());
    }
    void prefetch_record(const Digest& digest) const;
    /// And where records are in a store: what it has in memory of them.
    void prefetch_stored(const Digest& digest) const;

private:
    index::Handle handle_of(const record::Head* record) const {
        return static_cast<index::Handle>(reinterpret_cast<const uint8_t*>(record) - slice_.arena.at(0)) /
               record::kUnit;
    }
    index::FatEntry* find_in_store(const Digest& digest) const;
    ResultCode publish_in_store(record::Head* fresh, const record::Head* old);
    /// Tells the secondary indexes of a change.
    void note(const record::Head* before, const record::Head* after);
    void erase_in_store(const Digest& digest);
    static void finish_walk(WalkPosition& position, std::vector<record::Head*>& found, bool tied,
                            std::optional<uint64_t> next);
    void count_tombstones(SetId set, int change);
    void walk_in_store(WalkPosition& position, std::vector<record::Head*>& found) const;
    void count_change(const record::Head& old, const record::Head& fresh);
    void count_in(SetId set, uint32_t units);
    void count_out(SetId set, uint32_t units);
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
