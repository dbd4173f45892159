#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "node/sindex/leaf.h"

namespace cairn::sindex {

/// What one secondary index knows of one slice: a set of entries, ascending, of all its partitions together, so that a
/// query for one value looks into as many sets as there are slices, and not partitions. Sorted leaves of up to kLeafMax
/// entries in a LeafPool, under a directory of two levels.
///
/// The pool is that of the slice's secondary indexes, which every call gets; entered through the slice's door. A
/// position is an entry that need not exist: whatever changes between two steps of a visit, it stays one.
class EntrySet {
public:
    using LeafPool = index::LeafPool;
    static constexpr uint32_t kLeafMax = 128;

    /// @param owner  by which LeafPool::tidy() names this set.
    explicit EntrySet(uint16_t owner) : owner_(owner) {}

    uint64_t size() const { return count_; }
    /// Bytes of the directory.
    uint64_t bytes() const;
    /// Bytes of the leaves, nearly: as full as they are on average.
    uint64_t leaf_bytes() const { return count_ * 16; }

    enum class Insert : uint8_t {
        added,
        present,  // it was here already
        refused,  // the pool is full; nothing has changed
    };
    Insert insert(LeafPool& pool, Entry entry);
    /// @return  false: there is no such entry.
    bool erase(LeafPool& pool, Entry entry);
    bool contains(const LeafPool& pool, Entry entry) const;

    /// One step upwards: calls f(Entry) for the first `count_max` entries from `from` to `last`, both included.
    /// @return  where the next step begins; nothing when there are no more.
    template <class F>
    std::optional<Entry> visit(const LeafPool& pool, Entry from, Entry last, size_t count_max, F&& f) const {
        if (branches_.empty() || from > last) return std::nullopt;
        for (std::optional<Slot> slot = slot_of(from); slot; slot = next(*slot)) {
            const Leaf leaf(pool, ref(*slot));
            for (uint32_t i = leaf.lower(from); i < leaf.count(); ++i) {
                const Entry entry = leaf[i];
                if (entry > last) return std::nullopt;
                if (count_max == 0) return entry;
                --count_max;
                f(entry);
            }
        }
        return std::nullopt;
    }

    /// Copies a leaf to a new place; for LeafPool::tidy().
    void move(LeafPool& pool, LeafPool::Ref moved);
    /// Gives all leaves back.
    void clear(LeafPool& pool);

private:
    using Ref = LeafPool::Ref;

    // Separators: not greater than the entries under it, and greater than all before it; the first of all is not used.
    struct Branch {
        std::vector<Entry> firsts;  // of the leaves
        std::vector<Ref> leaves;
    };
    struct Slot {
        size_t branch, leaf;
    };

    static constexpr uint32_t kMergeBelow = kLeafMax / 4;
    static constexpr size_t kBranchMax = 512;  // a new leaf moves the separators behind it
    static_assert(Leaf::units_for(kLeafMax, 8) * 9 / 8 + 1 <= UINT8_MAX);

    Ref ref(Slot slot) const { return branches_[slot.branch]->leaves[slot.leaf]; }
    void point(Slot slot, Ref ref) { branches_[slot.branch]->leaves[slot.leaf] = ref; }
    Slot slot_of(Entry entry) const;
    std::optional<Slot> next(Slot slot) const;
    void add_slot(Slot after, Entry first, Ref ref);
    void remove_slot(Slot slot);

    void replace(LeafPool& pool, Slot slot, uint32_t count, Value least, Value greatest);
    void split(LeafPool& pool, Slot slot);
    void merge(LeafPool& pool, Slot slot);

    std::vector<Entry> firsts_;  // of the branches
    std::vector<std::unique_ptr<Branch>> branches_;
    uint64_t count_ = 0;
    uint16_t owner_;
};

}  // namespace cairn::sindex
