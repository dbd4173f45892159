#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

#include "common/base/check.h"
#include "common/base/digest.h"
#include "node/index/entry.h"
#include "node/index/leaf_pool.h"

namespace cairn::index {

/// The primary index of one partition: a map from digest to entry, in digest order. Extendible hashing on the digest's
/// own leading bits: a directory of 2^g slots, each naming the sorted leaf of its key range. 16 bytes when empty.
///
/// A key is Digest::order(): the leading 64 bits of the order inside a partition, which is Digest::compare_in_partition.
/// Entries carry 24 bits of it (the tag) and are sorted by them; entries with equal tags are in no order and always in
/// one leaf, so a walk sorts the entries of a leaf by full digest and has the total order.
///
/// Lives in the LeafPool of its slice, which every call gets; entered through the slice's door. A position is a key:
/// splits, merges and moved leaves between two steps of a walk change nothing that a position depends on.
template <class Entry>
class Index {
public:
    explicit Index(PartitionId owner) : owner_(owner) {}
    /// The leaves stay in the pool, which goes with its slice; clear() gives them back.
    ~Index() {
        if (depth_ > 0) std::free(directory_);
    }
    Index(Index&& other) noexcept : count_(other.count_), owner_(other.owner_), depth_(other.depth_) {
        directory_ = std::exchange(other.directory_, nullptr);
        other.count_ = 0;
        other.depth_ = 0;
    }
    Index(const Index&) = delete;
    Index& operator=(const Index&) = delete;

    uint32_t size() const { return count_; }
    /// Bytes of the directory, with what malloc adds.
    uint64_t bytes() const { return depth_ > 0 ? std::max<uint64_t>(32, ((4ull << depth_) + 8 + 15) & ~15ull) : 0; }

    /// @param same  bool(const Entry&): whether the record behind an entry has the digest that is looked for. Asked
    ///              only when 24 bits agree, so the answer is mostly yes: prefetch the record before comparing.
    /// @return  the entry, or null; good until the index or its pool changes. Only its handle may be changed.
    template <class Same>
    Entry* find(const LeafPool& pool, uint64_t key, Same&& same) const {
        const Ref ref = slots()[slot(key)];
        if (ref == 0) return nullptr;
        const Leaf leaf = at(pool, ref);
        const uint32_t tag = tag_of(key);
        for (uint32_t i = leaf.lower(key); i < leaf.count() && leaf.entries[i].tag() == tag; ++i) {
            if (same(std::as_const(leaf.entries[i]))) return &leaf.entries[i];
        }
        return nullptr;
    }

    /// Adds an entry; the caller knows that its digest is not here.
    /// @return  false when refused, and nothing has changed: the pool is full, or more than kLeafMax digests agree in
    ///          more leading bits than honest ones do (clients choose digests).
    bool insert(LeafPool& pool, uint64_t key, Entry entry);

    /// Makes an empty index of entries sorted by key, each leaf as large as it needs: for start-up.
    /// @return  false when refused, and nothing has changed: as insert().
    bool build(LeafPool& pool, std::span<const Entry> sorted);

    /// Takes the entry out for which same(const Entry&) holds. False: there is none.
    template <class Same>
    bool erase(LeafPool& pool, uint64_t key, Same&& same);

    /// Makes the entry at `from` point to `to`: a record has moved. False: there is no such entry.
    bool replace(const LeafPool& pool, uint64_t key, Handle from, Handle to) {
        Entry* entry = find(pool, key, [from](const Entry& candidate) { return candidate.handle() == from; });
        if (entry) entry->set_handle(to);
        return entry != nullptr;
    }

    /// One step upwards: calls f(const Entry&) for the entries with tag >= key's of the leaf that covers `key`, by
    /// ascending tag. Start at 0; entries before `key` with an equal tag come too, so compare whole digests.
    /// @return  the first key of the next leaf; 0 at the end.
    template <class F>
    uint64_t visit(const LeafPool& pool, uint64_t key, F&& f) const {
        const Ref ref = slots()[slot(key)];
        if (ref == 0) return 0;
        const Leaf leaf = at(pool, ref);
        for (uint32_t i = leaf.lower(key); i < leaf.count(); ++i) f(std::as_const(leaf.entries[i]));
        if (leaf.depth() == 0) return 0;
        return (key & ~leaf.span_mask()) + leaf.span_mask() + 1;  // past the last leaf: wraps to 0
    }

    /// One step downwards: the entries with tag <= key's of the leaf that covers `key`, by descending tag. Start at
    /// UINT64_MAX; entries after `key` with an equal tag come too. f must not change the index.
    /// @return  the last key of the previous leaf; nothing at the end.
    template <class F>
    std::optional<uint64_t> visit_down(const LeafPool& pool, uint64_t key, F&& f) const {
        const Ref ref = slots()[slot(key)];
        if (ref == 0) return std::nullopt;
        const Leaf leaf = at(pool, ref);
        for (uint32_t i = leaf.upper(key); i-- > 0;) f(std::as_const(leaf.entries[i]));
        const uint64_t first = leaf.depth() == 0 ? 0 : key & ~leaf.span_mask();
        if (first == 0) return std::nullopt;
        return first - 1;
    }

    /// For batches: asked for a group of keys before any is looked up, their cache misses overlap. The leaf's header
    /// and the line where the entry is expected.
    void prefetch_leaf(const LeafPool& pool, uint64_t key) const {
        const Ref ref = slots()[slot(key)];
        if (ref == 0) return;
        const auto* leaf = reinterpret_cast<const uint8_t*>(pool.at(ref));
        __builtin_prefetch(leaf);
        if constexpr (sizeof(Entry) == 8) {
            __builtin_prefetch(leaf + 64 + ((key << depth_) >> 62) * 64);  // most leaves have 5 to 8 lines
        }
    }

    /// The same for large entries, once the header is there, which tells how many lines the leaf has: those where the
    /// entry is, give or take the spread of digests.
    void prefetch_entry(const LeafPool& pool, uint64_t key) const {
        constexpr uint32_t kSpread = 3;
        const Ref ref = slots()[slot(key)];
        if (ref == 0) return;
        const Leaf leaf = at(pool, ref);
        const uint32_t at = leaf.expected(key);
        const auto* line = reinterpret_cast<const uint8_t*>(leaf.entries + at - std::min(at, kSpread));
        for (const auto* end = reinterpret_cast<const uint8_t*>(leaf.entries + at + kSpread); line < end; line += 64) {
            __builtin_prefetch(line);
        }
    }

    /// Copies a leaf to a new place; LeafPool::tidy() calls it through the partition that owns the leaf.
    void move(LeafPool& pool, LeafPool::Ref ref);

    /// Gives all leaves back; the records are the caller's.
    void clear(LeafPool& pool);

private:
    using Ref = LeafPool::Ref;

    struct Leaf {
        LeafPool::Piece* head;
        Entry* entries;  // `count` of them, sorted by tag. An emptied leaf keeps its last entry, to know its place.

        uint32_t count() const { return head->count; }
        uint32_t depth() const { return head->depth; }
        uint64_t span_mask() const { return (1ull << (64 - head->depth)) - 1; }  // depth > 0

        // Interpolated, as digests are uniform.
        uint32_t expected(uint64_t key) const {
            return static_cast<uint32_t>(((key << head->depth) >> 32) * count() >> 32);
        }
        // First position with a tag >= key's: the expected one, then a step or two.
        uint32_t lower(uint64_t key) const {
            const uint32_t n = count();
            const uint32_t tag = tag_of(key);
            uint32_t i = expected(key);
            while (i < n && entries[i].tag() < tag) ++i;
            while (i > 0 && entries[i - 1].tag() >= tag) --i;
            return i;
        }
        // First position with a tag > key's.
        uint32_t upper(uint64_t key) const {
            const uint32_t n = count();
            const uint32_t tag = tag_of(key);
            uint32_t i = expected(key);
            while (i < n && entries[i].tag() <= tag) ++i;
            while (i > 0 && entries[i - 1].tag() > tag) --i;
            return i;
        }
    };

    static constexpr uint32_t kHead = sizeof(LeafPool::Piece);
    static constexpr uint32_t capacity(uint32_t units) { return (units * LeafPool::kUnit - kHead) / sizeof(Entry); }
    static constexpr uint32_t units_for(uint32_t entries) {
        return (entries * static_cast<uint32_t>(sizeof(Entry)) + kHead + LeafPool::kUnit - 1) / LeafPool::kUnit;
    }
    static_assert(units_for(Entry::kLeafMax + 1) * 7 / 6 <= UINT8_MAX);

    static Leaf at(const LeafPool& pool, Ref ref) {
        LeafPool::Piece* head = pool.at(ref);
        return {head, reinterpret_cast<Entry*>(head + 1)};
    }

    // Where leaves of this partition split: kSplitLow * 2^x, x in [0, 1) by partition. With one split point for all,
    // the partitions of a growing namespace would all be half empty at the same time. 2^x within 0.3 %.
    uint32_t split_point() const {
        const uint32_t x = owner_ * 2654435761u >> 20;  // 12 bits
        return Entry::kSplitLow + (Entry::kSplitLow * x * (2689 + (1407 * x >> 12)) >> 24);
    }

    uint32_t slot(uint64_t key) const { return depth_ > 0 ? static_cast<uint32_t>(key >> (64 - depth_)) : 0; }
    Ref* slots() { return depth_ > 0 ? directory_ : &only_leaf_; }
    const Ref* slots() const { return depth_ > 0 ? directory_ : &only_leaf_; }

    // All slots of the leaf of `leaf_depth` that covers slot s.
    void point(uint32_t s, uint32_t leaf_depth, Ref ref) {
        const uint32_t span = 1u << (depth_ - leaf_depth);
        Ref* first = slots() + (s & ~(span - 1));
        std::fill(first, first + span, ref);
    }

    Leaf new_leaf(LeafPool& pool, Ref& ref, uint32_t units, uint32_t depth, const Entry* entries, uint32_t count) {
        ref = pool.take(units);
        const Leaf leaf = at(pool, ref);
        *leaf.head = {.depth = static_cast<uint8_t>(depth),
                      .units = static_cast<uint8_t>(units),
                      .count = static_cast<uint16_t>(count),
                      .owner = owner_,
                      .dead = 0,
                      .reserved = 0};
        if (count > 0) std::memcpy(leaf.entries, entries, count * sizeof(Entry));
        return leaf;
    }
    Leaf resize(LeafPool& pool, uint32_t s, uint32_t units);
    bool split(LeafPool& pool, uint32_t s);
    void merge(LeafPool& pool, uint32_t s);
    bool double_directory();
    static uint32_t bit_below(uint32_t depth) { return 1u << (kTagBits - 1 - depth); }
    static const Entry* high_half(std::span<const Entry> sorted, uint32_t depth);
    uint32_t depth_for(std::span<const Entry> sorted, uint32_t depth, uint32_t depth_max) const;
    bool build_leaves(LeafPool& pool, std::span<const Entry> sorted, uint32_t s, uint32_t depth);
    void halve_directory();

    union {
        Ref* directory_ = nullptr;  // 2^depth_ slots, depth_ > 0
        Ref only_leaf_;  // depth_ = 0; 0: no leaf
    };
    uint32_t count_ = 0;
    PartitionId owner_;
    uint8_t depth_ = 0;
};

template <class Entry>
bool Index<Entry>::insert(LeafPool& pool, uint64_t key, Entry entry) {
    while (true) {
        if (!pool.has_room(/*for_growth=*/true)) return false;
        const uint32_t s = slot(key);
        if (slots()[s] == 0) new_leaf(pool, slots()[s], units_for(1), 0, nullptr, 0);
        Leaf leaf = at(pool, slots()[s]);
        if (leaf.count() >= split_point() && split(pool, s)) continue;
        if (leaf.count() >= Entry::kLeafMax) return false;
        if (leaf.count() == capacity(leaf.head->units)) {
            leaf = resize(pool, s, leaf.head->units + std::max(1u, leaf.head->units / 6u));
        }
        Entry* place = leaf.entries + leaf.lower(key);
        std::memmove(place + 1, place, static_cast<size_t>(leaf.entries + leaf.count() - place) * sizeof(Entry));
        *place = entry;
        ++leaf.head->count;
        ++count_;
        return true;
    }
}

// Of entries that share `depth` leading bits, the first one whose next bit is set.
template <class Entry>
const Entry* Index<Entry>::high_half(std::span<const Entry> sorted, uint32_t depth) {
    return std::partition_point(sorted.data(), sorted.data() + sorted.size(),
                                [&](const Entry& entry) { return (entry.tag() & bit_below(depth)) == 0; });
}

// How deep a directory lets no leaf have more than the split point.
template <class Entry>
uint32_t Index<Entry>::depth_for(std::span<const Entry> sorted, uint32_t depth, uint32_t depth_max) const {
    if (sorted.size() <= split_point() || depth == depth_max) return depth;
    const auto low = static_cast<size_t>(high_half(sorted, depth) - sorted.data());
    return std::max(depth_for(sorted.first(low), depth + 1, depth_max),
                    depth_for(sorted.subspan(low), depth + 1, depth_max));
}

template <class Entry>
bool Index<Entry>::build(LeafPool& pool, std::span<const Entry> sorted) {
    CAIRN_CHECK(count_ == 0 && depth_ == 0 && only_leaf_ == 0);
    if (sorted.empty()) return true;
    uint32_t depth_max = 1;  // as far as double_directory() goes
    while (depth_max < kTagBits && 1u << depth_max <= 16 + sorted.size() / 4) ++depth_max;
    const uint32_t depth = depth_for(sorted, 0, depth_max);
    if (depth > 0) {
        auto* slots = static_cast<Ref*>(std::calloc(1ull << depth, sizeof(Ref)));
        if (!slots) return false;
        directory_ = slots;
        depth_ = static_cast<uint8_t>(depth);
    }
    if (!build_leaves(pool, sorted, 0, 0)) {
        clear(pool);
        return false;
    }
    count_ = static_cast<uint32_t>(sorted.size());
    return true;
}

// All leaves below the one that would cover slot s with `depth` bits.
template <class Entry>
bool Index<Entry>::build_leaves(LeafPool& pool, std::span<const Entry> sorted, uint32_t s, uint32_t depth) {
    if (sorted.size() > split_point() && depth < depth_) {
        const auto low = static_cast<size_t>(high_half(sorted, depth) - sorted.data());
        return build_leaves(pool, sorted.first(low), s, depth + 1) &&
               build_leaves(pool, sorted.subspan(low), s + (1u << (depth_ - depth - 1)), depth + 1);
    }
    if (sorted.size() > Entry::kLeafMax || !pool.has_room(/*for_growth=*/true)) return false;
    const auto count = static_cast<uint32_t>(sorted.size());
    Ref ref = 0;
    const Leaf leaf = new_leaf(pool, ref, units_for(std::max(1u, count)), depth, sorted.data(), count);
    if (count == 0) leaf.entries[0] = Entry::make(uint64_t{s} << (64 - depth_), 0);
    point(s, depth, ref);
    return true;
}

template <class Entry>
template <class Same>
bool Index<Entry>::erase(LeafPool& pool, uint64_t key, Same&& same) {
    Entry* place = find(pool, key, same);
    if (!place) return false;
    const uint32_t s = slot(key);
    const Leaf leaf = at(pool, slots()[s]);
    std::memmove(place, place + 1, static_cast<size_t>(leaf.entries + leaf.count() - place - 1) * sizeof(Entry));
    --leaf.head->count;
    --count_;
    if (leaf.count() == 0 && leaf.depth() == 0) {
        pool.give(slots()[s]);
        std::fill(slots(), slots() + (1u << depth_), 0);
        return true;
    }
    if (!pool.has_room(/*for_growth=*/false)) return true;  // smaller leaves can wait
    const uint32_t units = leaf.head->units;
    if (units > 1 && leaf.count() + Entry::kSplitLow / 10 <= capacity(units - 1)) resize(pool, s, units - 1);
    merge(pool, s);
    return true;
}

template <class Entry>
typename Index<Entry>::Leaf Index<Entry>::resize(LeafPool& pool, uint32_t s, uint32_t units) {
    const Ref old = slots()[s];
    const Leaf from = at(pool, old);
    // At least one entry goes along even when none counts: an emptied leaf keeps its last.
    Ref ref = 0;
    const Leaf to = new_leaf(pool, ref, units, from.depth(), from.entries, std::max(1u, from.count()));
    to.head->count = from.head->count;
    point(s, from.depth(), ref);
    pool.give(old);
    return to;
}

template <class Entry>
void Index<Entry>::move(LeafPool& pool, LeafPool::Ref ref) {
    const Leaf leaf = at(pool, ref);
    const uint32_t s = slot(uint64_t{leaf.entries[0].tag()} << (64 - kTagBits));
    CAIRN_CHECK(leaf.head->owner == owner_ && slots()[s] == ref);
    resize(pool, s, leaf.head->units);
}

template <class Entry>
bool Index<Entry>::double_directory() {
    const uint32_t size = 1u << depth_;
    // The directory never outgrows the data, whatever digests clients send.
    if (depth_ > 0 && size > 16 + count_ / 4) return false;
    auto* doubled = static_cast<Ref*>(std::malloc(2ull * size * sizeof(Ref)));
    if (!doubled) return false;
    for (uint32_t i = 0; i < size; ++i) doubled[2 * i] = doubled[2 * i + 1] = slots()[i];
    if (depth_ > 0) std::free(directory_);
    directory_ = doubled;
    ++depth_;
    return true;
}

template <class Entry>
bool Index<Entry>::split(LeafPool& pool, uint32_t s) {
    const Ref old = slots()[s];
    const Leaf leaf = at(pool, old);
    const uint32_t depth = leaf.depth();
    if (depth >= kTagBits) return false;
    if (depth == depth_) {
        if (!double_directory()) return false;
        s <<= 1;
    }
    const uint32_t bit = 1u << (kTagBits - 1 - depth);
    const Entry* begin = leaf.entries;
    const Entry* end = begin + leaf.count();
    const Entry* high = std::find_if(begin, end, [bit](const Entry& entry) { return (entry.tag() & bit) != 0; });
    const uint32_t span = 1u << (depth_ - depth);
    Ref* slots_of[2] = {slots() + (s & ~(span - 1)), slots() + (s & ~(span - 1)) + span / 2};
    const Entry* from[2] = {begin, high};
    const uint32_t counts[2] = {static_cast<uint32_t>(high - begin), static_cast<uint32_t>(end - high)};
    const uint32_t shared = leaf.entries[0].tag() & ~(2 * bit - 1);  // the leading bits of both
    for (uint32_t side = 0; side < 2; ++side) {
        Ref ref = 0;
        const Leaf half = new_leaf(pool, ref, units_for(counts[side] + 1), depth + 1, from[side], counts[side]);
        if (counts[side] == 0) {
            half.entries[0] = Entry::make(uint64_t{shared | (side ? bit : 0)} << (64 - kTagBits), 0);
        }
        std::fill(slots_of[side], slots_of[side] + span / 2, ref);
    }
    pool.give(old);
    return true;
}

// Joins the leaf at slot s with the other half of its parent when both are small, one level per erase.
template <class Entry>
void Index<Entry>::merge(LeafPool& pool, uint32_t s) {
    const Leaf leaf = at(pool, slots()[s]);
    const uint32_t depth = leaf.depth();
    if (depth == 0 || leaf.count() > split_point() / 3) return;
    const uint32_t half = 1u << (depth_ - depth);
    const uint32_t first = s & ~(2 * half - 1);
    const Ref refs[2] = {slots()[first], slots()[first + half]};
    const Leaf low = at(pool, refs[0]);
    const Leaf high = at(pool, refs[1]);
    const uint32_t count = low.count() + high.count();
    if (low.depth() != high.depth() || count > split_point() / 3) return;
    if (count == 0 && depth == 1) {
        std::free(directory_);
        depth_ = 0;
        only_leaf_ = 0;
    } else {
        Ref ref = 0;
        const Leaf joined =
            new_leaf(pool, ref, units_for(count + 1), depth - 1, low.entries, std::max(1u, low.count()));
        if (high.count() > 0) {
            std::memcpy(joined.entries + low.count(), high.entries, high.count() * sizeof(Entry));
        }
        joined.head->count = static_cast<uint16_t>(count);
        point(s, depth - 1, ref);
        if (depth == depth_) halve_directory();
    }
    pool.give(refs[0]);
    pool.give(refs[1]);
}

// Halves the directory while no leaf needs its last bit. The search mostly ends at the first slots.
template <class Entry>
void Index<Entry>::halve_directory() {
    while (depth_ > 0) {
        const uint32_t size = 1u << (depth_ - 1);
        for (uint32_t i = 0; i < size; ++i) {
            if (directory_[2 * i] != directory_[2 * i + 1]) return;
        }
        Ref* old = directory_;
        if (depth_ == 1) {
            only_leaf_ = old[0];
            std::free(old);
        } else {
            for (uint32_t i = 0; i < size; ++i) old[i] = old[2 * i];
            void* smaller = std::realloc(old, size * sizeof(Ref));
            directory_ = smaller ? static_cast<Ref*>(smaller) : old;
        }
        --depth_;
    }
}

template <class Entry>
void Index<Entry>::clear(LeafPool& pool) {
    for (uint32_t s = 0; s < 1u << depth_;) {
        const Ref ref = slots()[s];
        if (ref == 0) break;
        s += 1u << (depth_ - at(pool, ref).depth());
        pool.give(ref);
    }
    if (depth_ > 0) std::free(directory_);
    directory_ = nullptr;
    depth_ = 0;
    count_ = 0;
}

static_assert(sizeof(Index<ThinEntry>) == 16);

}  // namespace cairn::index
