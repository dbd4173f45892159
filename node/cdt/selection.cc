#include "node/cdt/selection.h"

#include <numeric>

#include "node/cdt/ranking.h"

namespace cairn::cdt {
namespace {

namespace msgpack = record::msgpack;
using msgpack::Element;
using msgpack::Reader;
using msgpack::Type;

/// Positions one answer may have: many times the same item would make it any size.
constexpr uint64_t kPositionsMax = 1 << 21;

/// Calls f(item) for each element of an encoded list.
/// @return  false when it is no list, or f says so.
template <class F>
ResultCode for_each_item(Bytes list, F f) {
    Reader reader(list);
    Element header;
    if (!reader.next(header) || header.type != Type::list) return ResultCode::parameter;
    for (uint32_t i = 0; i < header.count; ++i) {
        const size_t from = reader.position();
        CAIRN_CHECK(reader.skip());  // arguments were walked when they were parsed
        const Bytes item = list.subspan(from, reader.position() - from);
        Element element;
        CAIRN_CHECK(Reader(item).next(element));
        if (i == 0 && element.metadata()) continue;
        if (const ResultCode code = f(item); code != ResultCode::ok) return code;
    }
    return ResultCode::ok;
}

Run equal_keys(View& view, Bytes key) {
    if (is_wildcard(key)) return {0, view.count()};
    const Place place = view.find_key(key);
    return {place.index, place.found ? 1u : 0u};
}

}  // namespace

bool is_wildcard(Bytes value) {
    Element element;
    return Reader(value).next(element) && element.type == Type::wildcard;
}

ResultCode Selection::select(View& view, PickBy by, const Arguments& arguments) {
    switch (by) {
        case PickBy::key: return select_key(view, arguments);
        case PickBy::index:
        case PickBy::rank: return select_one(view, by, arguments);
        case PickBy::value:
        case PickBy::all_by_value: return select_equal(view, by, arguments);
        case PickBy::index_range:
        case PickBy::rank_range: return select_range(view, by, arguments);
        case PickBy::key_interval: return select_key_interval(view, arguments);
        case PickBy::value_interval: return select_value_interval(view, arguments);
        case PickBy::key_relative:
        case PickBy::value_relative: return select_relative(view, by, arguments);
        case PickBy::keys:
        case PickBy::values: return select_items(view, by, arguments);
    }
    return ResultCode::parameter;
}

ResultCode Selection::select_one(View& view, PickBy by, const Arguments& arguments) {
    int64_t position = 0;
    if (!arguments.integer(1, position)) return ResultCode::parameter;
    const auto resolved = resolve(position, view.count());
    if (!resolved) return ResultCode::op_not_applicable;
    run = {*resolved, 1};
    if (by == PickBy::rank && !is_ordered_list(view)) positions = Positions::rank;
    return ResultCode::ok;
}

ResultCode Selection::select_range(View& view, PickBy by, const Arguments& arguments) {
    int64_t start = 0;
    std::optional<int64_t> length;
    if (!arguments.integer(1, start) || !arguments.optional_integer(2, length)) return ResultCode::parameter;
    run = resolve(start, length, view.count());
    if (by == PickBy::rank_range && !is_ordered_list(view)) positions = Positions::rank;
    return ResultCode::ok;
}

ResultCode Selection::select_key(View& view, const Arguments& arguments) {
    const Place place = view.find_key(arguments[1]);
    if (place.found) run = {place.index, 1};
    return ResultCode::ok;
}

ResultCode Selection::select_equal(View& view, PickBy by, const Arguments& arguments) {
    const Bytes value = arguments[1];
    const bool all = by == PickBy::all_by_value;
    if (is_ordered_list(view)) {
        const Place first = view.lower_bound(value);
        if (all) run = {first.index, view.upper_bound(value, first.index) - first.index};
        else if (first.found) run = {first.index, 1};
        return ResultCode::ok;
    }
    positions = Positions::value;
    ValueRange range = find_values(view, value);
    if (!all && range.equal.size() > 1) range.equal.resize(1);
    run = {range.less, uint32_t(range.equal.size())};
    indexes = std::move(range.equal);
    return ResultCode::ok;
}

ResultCode Selection::select_key_interval(View& view, const Arguments& arguments) {
    const uint32_t from = view.find_key(arguments[1]).index;
    const uint32_t to = arguments.has(2) ? view.find_key(arguments[2]).index : view.count();
    run = {from, to > from ? to - from : 0};
    by_key_interval = true;
    return ResultCode::ok;
}

ResultCode Selection::select_value_interval(View& view, const Arguments& arguments) {
    const Bytes begin = arguments[1];
    const bool bounded = arguments.has(2);
    by_value_interval = true;
    if (is_ordered_list(view)) {
        // Equal to every value: the reference takes the one that its search comes to first.
        const uint32_t from = bounded && is_wildcard(begin) ? view.count() / 2 : view.lower_bound(begin).index;
        const uint32_t to = bounded ? view.lower_bound(arguments[2]).index : view.count();
        run = {from, to > from ? to - from : 0};
        return ResultCode::ok;
    }
    positions = Positions::value;
    view.load();
    for (uint32_t i = 0; i < view.count(); ++i) {
        const Bytes value = view.value(i);
        if (msgpack::compare(value, begin) < 0) ++run.start;
        else if (!bounded || msgpack::compare(value, arguments[2]) < 0) indexes.push_back(i);
    }
    run.count = uint32_t(indexes.size());
    return ResultCode::ok;
}

ResultCode Selection::select_relative(View& view, PickBy by, const Arguments& arguments) {
    int64_t offset = 0;
    std::optional<int64_t> length;
    if (!arguments.integer(2, offset) || !arguments.optional_integer(3, length)) return ResultCode::parameter;
    uint32_t base = 0;
    if (by == PickBy::key_relative) {
        base = view.find_key(arguments[1]).index;
    } else if (is_ordered_list(view)) {
        base = view.lower_bound(arguments[1]).index;
    } else {
        base = find_values(view, arguments[1]).less;
        positions = Positions::rank;
    }
    run = resolve_relative(base, offset, length, view.count());
    return ResultCode::ok;
}

ResultCode Selection::select_items(View& view, PickBy by, const Arguments& arguments) {
    const bool by_rank = by == PickBy::values && !is_ordered_list(view);
    std::optional<Ranking> ranking;
    std::vector<uint32_t> order;
    std::vector<bool> seen;
    uint64_t total = 0;
    bool any = false;
    const ResultCode code = for_each_item(arguments[1], [&](Bytes item) {
        if (!any) {
            view.load();
            if (by_rank) {
                ranking.emplace(view);
                order = ranking->entries(0, view.count());
                seen.resize(view.count());
            }
        }
        any = true;
        if (by == PickBy::keys) {
            items.push_back(equal_keys(view, item));
        } else if (!by_rank) {
            const uint32_t first = view.lower_bound(item).index;
            items.push_back({first, view.upper_bound(item, first) - first});
        } else {
            const Run equal = ranking->find(item);
            // Entries found before are not found again.
            if (equal.count == 0 || seen[equal.start]) return ResultCode::ok;
            items.push_back(equal);
            for (uint32_t rank = equal.start; rank < equal.start + equal.count; ++rank) {
                if (!seen[rank]) indexes.push_back(order[rank]);
                seen[rank] = true;
            }
        }
        if (!items.empty()) total += items.back().count;
        return total <= kPositionsMax ? ResultCode::ok : ResultCode::record_too_big;
    });
    if (code != ResultCode::ok) return code;
    if (any || by == PickBy::keys) positions = by_rank ? Positions::rank_items : Positions::index_items;
    std::sort(indexes.begin(), indexes.end());
    return ResultCode::ok;
}

std::vector<uint32_t> Selection::chosen(View& view, bool inverted) const {
    const uint32_t n = view.count();
    std::vector<bool> mask(n);
    const auto mark = [&](const Run& part) {
        for (uint32_t i = part.start; i < part.start + part.count; ++i) mask[i] = true;
    };
    switch (positions) {
        case Positions::index: mark(run); break;
        case Positions::rank:
            for (const uint32_t index : view.map() ? Ranking(view).entries(run.start, run.start + run.count)
                                                   : Ranking(view).heap_entries(run.start, run.start + run.count)) {
                mask[index] = true;
            }
            break;
        case Positions::index_items:
            for (const Run& item : items) mark(item);
            break;
        case Positions::value:
        case Positions::rank_items:
            for (const uint32_t index : indexes) mask[index] = true;
            break;
    }
    std::vector<uint32_t> result;
    for (uint32_t i = 0; i < n; ++i) {
        if (mask[i] != inverted) result.push_back(i);
    }
    return result;
}

}  // namespace cairn::cdt
