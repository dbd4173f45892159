#pragma once
#include <expected>
#include <optional>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/wire/message.h"
#include "node/geo/region.h"
#include "node/sindex/catalogue.h"
#include "node/sindex/record_values.h"

namespace cairn::sindex {

struct ValueRange {
    Value first, last;  // the range's own
    bool contains(Value value) const { return value >= first && value <= last; }
};

/// What a query asks of an index: numbers within bounds, one string or blob, points within a region, or regions that
/// contain a point.
class Query {
public:
    /// Reads fields 21 to 24 and 26; there is a field 22. Rules: docs/sindex.md, "What a query asks".
    /// @error parameter  malformed, or contradictory.
    static std::expected<Query, ResultCode> parse(const wire::Fields& fields);

    /// The index it is for: the one it names, or one over what it describes, in `set` or else in all sets.
    /// An index may be over more sets, and a named one over others: to leave their records out is the caller's.
    /// @param set  empty: only an index over all sets will do.
    /// @return  null: there is none, which clients know as sindex_not_found.
    const Catalogue::Index* find_index(const Catalogue& catalogue, std::string_view set) const;

    /// Where the entries of candidates are, ascending and apart from each other; none for an index of another type.
    /// Candidates are checked with first_match(): hashes agree by chance, cells cover more than a region, and records
    /// change.
    std::span<const ValueRange> ranges(const Definition& definition) const;

    /// The least of a record's values that the query asks for; nothing: it is no match, or is not covered by the index.
    /// A candidate is to be returned for the entry of this value alone, and so once, however many of its values are
    /// asked for.
    std::optional<Value> first_match(RecordValues& values, const expr::Subject& record) const;

private:
    ResultCode parse_range(Bytes range);
    ResultCode parse_index(const wire::Fields& fields);
    bool matches(const Indexed& indexed) const;

    Definition wanted_;
    bool findable_ = true;  // false: of a type that no index has
    std::string content_;  // of a string or blob
    std::optional<geo::Region> place_;
    std::vector<ValueRange> ranges_;
};

/// As replies and requests know an entry's value: an integer itself, else the same bits.
int64_t wire_value_of(Value value, ValueType type);
Value value_of_wire(int64_t wire, ValueType type);

}  // namespace cairn::sindex
