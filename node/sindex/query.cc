#include "node/sindex/query.h"

#include <algorithm>

#include "node/sindex/value_hash.h"

namespace cairn::sindex {
namespace {

using wire::FieldType;

constexpr size_t kGeojsonMax = 1 << 20;

/// Takes `size` bytes off the front. @return  false when there are not as many.
bool take(Bytes& from, size_t size, Bytes& taken) {
    if (from.size() < size) return false;
    taken = from.first(size);
    from = from.subspan(size);
    return true;
}

/// A u32 size, then as many bytes.
bool take_sized(Bytes& from, Bytes& taken) {
    Bytes size;
    return take(from, 4, size) && take(from, load_be<uint32_t>(size.data()), taken);
}

std::vector<ValueRange> ranges_of(const geo::Region& place) {
    std::vector<ValueRange> ranges;
    if (place.is_point()) {  // regions that contain it are covered by a cell that does
        std::vector<geo::CellId> cells;
        geo::append_ancestors(place.cell(), cells);
        for (const geo::CellId cell : cells) ranges.push_back({cell, cell});
    } else {
        for (const geo::CellId cell : place.covering()) {
            const geo::CellRange leaves = geo::range_of(cell);
            ranges.push_back({leaves.first, leaves.last});
        }
    }
    std::ranges::sort(ranges, {}, &ValueRange::first);
    return ranges;
}

}  // namespace

std::expected<Query, ResultCode> Query::parse(const wire::Fields& fields) {
    Query query;
    if (const ResultCode code = query.parse_range(fields[FieldType::index_range]); code != ResultCode::ok) {
        return std::unexpected(code);
    }
    if (const ResultCode code = query.parse_index(fields); code != ResultCode::ok) return std::unexpected(code);
    return query;
}

/// u8 1, u8 size and name of the bin, u8 type, u32 size and first value, u32 size and last value.
ResultCode Query::parse_range(Bytes range) {
    constexpr auto kBad = ResultCode::parameter;
    Bytes head, bin, type, first, last;
    if (!take(range, 2, head) || head[0] != 1 || head[1] > wire::kBinNameMax) return kBad;
    if (!take(range, head[1], bin) || !take(range, 1, type)) return kBad;
    if (!take_sized(range, first) || !take_sized(range, last)) return kBad;
    wanted_.bin = as_text(bin);
    wanted_.type = ValueType(type[0]);
    switch (wanted_.type) {
        case ValueType::numeric: {
            if (first.size() != 8 || last.size() != 8) return kBad;
            const auto from = int64_t(load_be<uint64_t>(first.data()));
            const auto to = int64_t(load_be<uint64_t>(last.data()));
            if (from > to) return kBad;
            ranges_ = {{value_of_integer(from), value_of_integer(to)}};
            return ResultCode::ok;
        }
        case ValueType::string:
        case ValueType::blob: {
            if (first.size() >= kIndexedSizeEnd) return kBad;
            content_ = as_text(first);
            const Value hash = value_hash(first);
            ranges_ = {{hash, hash}};
            return ResultCode::ok;
        }
        case ValueType::geo2dsphere: {
            if (first.size() > kGeojsonMax) return kBad;
            place_ = geo::Region::parse(as_text(first));
            if (!place_) return kBad;
            ranges_ = ranges_of(*place_);
            return ResultCode::ok;
        }
    }
    return kBad;
}

ResultCode Query::parse_index(const wire::Fields& fields) {
    constexpr auto kBad = ResultCode::parameter;
    if (fields.has(FieldType::index_type)) {
        const Bytes type = fields[FieldType::index_type];
        if (type.empty()) return kBad;
        findable_ = type[0] <= uint8_t(IndexType::map_values);
        if (findable_) wanted_.index_type = IndexType(type[0]);
    }
    wanted_.name = fields.text(FieldType::index_name);
    wanted_.expression = fields.text(FieldType::index_expression);
    wanted_.context = fields.text(FieldType::index_context);
    const bool named = fields.has(FieldType::index_name);
    const bool computed = fields.has(FieldType::index_expression);
    const bool inside = fields.has(FieldType::index_context);
    if (inside && !is_context(as_bytes(wanted_.context))) return kBad;
    const int ways = int(!wanted_.bin.empty()) + int(named) + int(computed);
    if (ways != 1 || (inside && wanted_.bin.empty())) return kBad;
    findable_ = findable_ && !(named && wanted_.name.empty()) && !(computed && wanted_.expression.empty());
    return ResultCode::ok;
}

const Catalogue::Index* Query::find_index(const Catalogue& catalogue, std::string_view set) const {
    if (!findable_) return nullptr;
    if (!wanted_.name.empty()) {
        const Catalogue::Index* named = catalogue.find(wanted_.name);
        return named && named->definition.index_type != IndexType::set ? named : nullptr;
    }
    Definition wanted = wanted_;
    wanted.set = set;
    return catalogue.find_for(wanted);
}

std::span<const ValueRange> Query::ranges(const Definition& definition) const {
    if (definition.type != wanted_.type || definition.index_type == IndexType::set) return {};
    return ranges_;
}

std::optional<Value> Query::first_match(RecordValues& values, const expr::Subject& record) const {
    if (!values.covers(record.set) || values.definition().type != wanted_.type) return std::nullopt;
    std::optional<Value> least;
    values.for_each(record, [&](const Indexed& indexed) {
        if ((!least || indexed.value < *least) && matches(indexed)) least = indexed.value;
    });
    return least;
}

bool Query::matches(const Indexed& indexed) const {
    const bool candidate =
        std::ranges::any_of(ranges_, [&](const ValueRange& range) { return range.contains(indexed.value); });
    if (!candidate) return false;
    if (!place_) return wanted_.type == ValueType::numeric || as_text(indexed.content) == content_;
    if (place_->is_point() != indexed.region) return false;
    if (!indexed.region) return place_->contains(indexed.value);
    const auto place = geo::Region::parse(as_text(indexed.content));
    return place && place->contains(place_->cell());
}

int64_t wire_value_of(Value value, ValueType type) {
    return type == ValueType::numeric ? integer_of_value(value) : int64_t(value);
}

Value value_of_wire(int64_t wire, ValueType type) {
    return type == ValueType::numeric ? value_of_integer(wire) : Value(wire);
}

}  // namespace cairn::sindex
