#pragma once
#include <algorithm>
#include <bit>
#include <cstring>

#include "common/base/bytes.h"
#include "node/index/leaf_pool.h"
#include "node/sindex/entry.h"

namespace cairn::sindex {

/// A piece of the pool with the entries of one leaf, ascending. What their values have in common is kept once: bytes
/// that are the same in all of them from the most significant one on. So an entry is 8 bytes for its key and 0 to 8 for
/// its value: 1 or 2 in an index of ages, 8 in one of hashes.
///
///   Piece head, 8 bytes (depth: the bits that all values share, a multiple of 8) | base u64: the shared bits, then
///   zeros | count entries: the value's other bytes, then the key, little-endian
class Leaf {
public:
    using Pool = index::LeafPool;

    /// A place for entries that is about to be filled.
    /// @param width  bytes of a value that are not shared.
    static Leaf make(Pool& pool, Pool::Ref& ref, uint16_t owner, uint32_t units, uint32_t width, Value any) {
        ref = pool.take(units);
        Leaf leaf(pool, ref);
        *leaf.head_ = {.depth = uint8_t(64 - 8 * width),
                       .units = uint8_t(units),
                       .count = 0,
                       .owner = owner,
                       .dead = 0,
                       .reserved = 0};
        const Value base = any & ~low_mask(width);
        std::memcpy(leaf.base_at(), &base, sizeof(base));
        return leaf;
    }
    Leaf(const Pool& pool, Pool::Ref ref) : head_(pool.at(ref)) {}

    uint32_t count() const { return head_->count; }
    uint32_t units() const { return head_->units; }
    uint16_t owner() const { return head_->owner; }
    uint32_t width() const { return (64u - head_->depth) / 8; }
    uint32_t capacity() const { return capacity(units(), width()); }
    static constexpr uint32_t capacity(uint32_t units, uint32_t width) {
        return (units * Pool::kUnit - kHead) / (width + sizeof(uint64_t));
    }
    static constexpr uint32_t units_for(uint32_t count, uint32_t width) {
        const auto size = uint32_t(count * (width + sizeof(uint64_t)) + kHead);
        return (size + Pool::kUnit - 1) / Pool::kUnit;
    }

    /// Bytes by which values differ, when `a` and `b` are the least and the greatest of them.
    static uint32_t width_for(Value a, Value b) { return (71u - uint32_t(std::countl_zero(a ^ b))) / 8; }
    bool fits(Value value) const { return (value & ~low_mask(width())) == base(); }

    Entry operator[](uint32_t i) const {
        const uint32_t size = entry_size();
        const uint8_t* at = entries() + size_t{i} * size;
        const Value low = load_le<uint64_t>(at) & low_mask(size - 8);  // the load ends in the key, at the latest
        return {base() | low, load_le<uint64_t>(at + size - 8)};
    }
    Entry first() const { return (*this)[0]; }
    Entry last() const { return (*this)[count() - 1]; }

    /// First position whose entry is not less than `entry`.
    uint32_t lower(Entry entry) const {
        uint32_t from = 0;
        for (uint32_t left = count(); left > 0;) {
            const uint32_t half = left / 2;
            const bool less = (*this)[from + half] < entry;
            from += less ? half + 1 : 0;
            left = less ? left - half - 1 : half;
        }
        return from;
    }
    bool holds(Entry entry, uint32_t at) const { return at < count() && (*this)[at] == entry; }

    /// The caller has looked at capacity() and fits().
    void insert(uint32_t at, Entry entry) {
        shift(at, at + 1, count() - at);
        store(at, entry);
        ++head_->count;
    }
    void erase(uint32_t at) {
        shift(at + 1, at, count() - at - 1);
        --head_->count;
    }
    /// Adds entries [begin, end) of a leaf whose values fit here, too, after those that are here.
    void append(const Leaf& from, uint32_t begin, uint32_t end) {
        if (from.width() == width()) {
            std::memcpy(entries() + size_t{count()} * entry_size(), from.entries() + size_t{begin} * entry_size(),
                        size_t{end - begin} * entry_size());
        } else {
            for (uint32_t i = begin; i < end; ++i) store(count() + i - begin, from[i]);
        }
        head_->count = uint16_t(count() + end - begin);
    }

private:
    static constexpr uint32_t kHead = sizeof(Pool::Piece) + sizeof(Value);

    static constexpr Value low_mask(uint32_t width) { return width >= 8 ? ~Value{0} : (Value{1} << (8 * width)) - 1; }
    uint32_t entry_size() const { return width() + 8; }
    uint8_t* base_at() const { return reinterpret_cast<uint8_t*>(head_ + 1); }
    Value base() const { return load_le<Value>(base_at()); }
    uint8_t* entries() const { return base_at() + sizeof(Value); }

    void shift(uint32_t from, uint32_t to, uint32_t n) {
        const size_t size = entry_size();
        std::memmove(entries() + to * size, entries() + from * size, n * size);
    }
    void store(uint32_t at, Entry entry) {
        const uint32_t size = entry_size();
        uint8_t* to = entries() + size_t{at} * size;
        std::memcpy(to, &entry.value, size - 8);
        store_le(to + size - 8, entry.key);
    }

    Pool::Piece* head_;
};

}  // namespace cairn::sindex
