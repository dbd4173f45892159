#pragma once
#include <compare>
#include <cstdint>
#include <optional>

#include "common/base/digest.h"

namespace cairn::sindex {

/// A value as an index orders it, ascending: integers with the sign bit turned, hashes of strings and blobs and cells of
/// places as they are.
using Value = uint64_t;

constexpr Value value_of_integer(int64_t integer) {
    return uint64_t(integer) ^ uint64_t { 1 } << 63;
}
constexpr int64_t integer_of_value(Value value) { return int64_t(value ^ uint64_t{1} << 63); }

/// That a record has a value. The record is named by its partition (12 bits), then the leading 52 bits of its digest's
/// order in there, so entries of one value are in the order in which clients resume. Records that agree in all 64 share
/// their entries: one is as if it were of each of them.
struct Entry {
    Value value = 0;
    uint64_t key = 0;

    static Entry of(Value value, const Digest& digest) { return {value, key_of(digest)}; }
    static uint64_t key_of(const Digest& digest) {
        return uint64_t{digest.partition()} << kOrderBits | digest.order() >> (64 - kOrderBits);
    }
    PartitionId partition() const { return PartitionId(key >> kOrderBits); }
    /// Digest::order() of its records begins with these bits; the others are 0.
    uint64_t order() const { return key << (64 - kOrderBits); }
    bool is_of(const Digest& digest) const { return key == key_of(digest); }

    auto operator<=>(const Entry&) const = default;

    static constexpr Entry first_of(Value value) { return {value, 0}; }
    static constexpr Entry last_of(Value value) { return {value, UINT64_MAX}; }
    /// The least that is greater; nothing after the greatest of all.
    constexpr std::optional<Entry> next() const {
        if (key != UINT64_MAX) return Entry{value, key + 1};
        if (value != UINT64_MAX) return Entry{value + 1, 0};
        return std::nullopt;
    }

private:
    static constexpr uint32_t kOrderBits = 52;
};

}  // namespace cairn::sindex
