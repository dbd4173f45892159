#pragma once
#include <initializer_list>
#include <span>

#include "common/base/result.h"
#include "node/cdt/answer.h"
#include "node/cdt/operation.h"

namespace cairn::cdt {

/// How values may be added to a list or map; unknown bits are ignored.
namespace policy {
constexpr int64_t add_unique = 1, insert_bounded = 2;  // lists
constexpr int64_t create_only = 1, update_only = 2;    // maps
constexpr int64_t no_fail = 4, partial = 8;
}  // namespace policy

/// What a changing operation leaves behind.
struct Outcome {
    bool changed = false;
    bool declined = false;  // a policy said no, and that no is no error
    Bytes value;  // if changed: the collection's new stored form
    ParticleValue result;
};

/// Collections larger than this fit in no record.
constexpr size_t kCollectionMax = 8 << 20;

/// One collection while an operation changes it.
struct Target {
    View& view;
    uint32_t depth;  // of the collection itself; 1: it is the bin's value
    Memory& memory;
    Outcome& outcome;

    /// Replaces the collection by one made of `parts`, encoded entries in order.
    /// @error parameter       a value of no known kind would come first, where it would be read as metadata.
    /// @error record_too_big  no record holds as much.
    /// @param change  the only entries that differ, if they are neighbours and that is known.
    ResultCode replace(uint8_t flags, uint32_t count, std::span<const Bytes> parts,
                       const record::EntryChange* change = nullptr) const;
    ResultCode replace(uint8_t flags, uint32_t count, std::initializer_list<Bytes> parts) const {
        return replace(flags, count, std::span(parts.begin(), parts.size()));
    }
    /// Replaces entries [from, to) by `count` encoded ones, made of `parts`.
    ResultCode splice(uint32_t from, uint32_t to, uint32_t count, std::span<const Bytes> parts) const;
    ResultCode splice(uint32_t from, uint32_t to, uint32_t count, std::initializer_list<Bytes> parts) const {
        return splice(from, to, count, std::span(parts.begin(), parts.size()));
    }
    /// Leaves only these entries; ascending.
    ResultCode remove(std::span<const uint32_t> indexes) const;
    ResultCode remove(std::span<const Run> runs) const;

    ResultCode answer_count(uint32_t count) const {
        outcome.result = integer_answer(count, memory);
        return ResultCode::ok;
    }
};

/// Brings a value into the form in which it is stored inside a collection.
/// @param depth   collections around it.
/// @param stored  a view of `sent`, or of `memory`.
/// @error parameter  only for comparisons, of no known kind, or a collection that is not valid.
ResultCode to_stored_value(Bytes sent, uint32_t depth, Memory& memory, Bytes& stored);
/// The same for a list or map that holds values to add; it is not nested itself.
ResultCode to_stored_items(Bytes sent, bool map, uint32_t depth, Memory& memory, Bytes& stored);
/// A value that can be a map's key.
ResultCode to_stored_key(Bytes sent, Memory& memory, Bytes& stored);

/// A number for increments.
struct Number {
    bool floating;
    int64_t integer;
    double real;

    /// @param value  an encoded value. @return  false when it is no number.
    static bool parse(Bytes value, Number& number);
    /// What a delta says: a number, or one when there is none.
    /// @return  false when it is something else.
    static bool parse_delta(const Arguments& arguments, size_t index, Number& number);
    /// In the type of this number; integers wrap around.
    Number plus(Number delta) const;
    Number negated() const;
    Bytes encode(Memory& memory) const;
    ParticleValue answer(Memory& memory) const;
};

/// Operations by collection. Selecting ones are elsewhere.
/// @error parameter  wrong arguments, or no such operation.
ResultCode modify_list(const Operation& operation, const Target& target);
ResultCode modify_map(const Operation& operation, const Target& target);

}  // namespace cairn::cdt
