#pragma once
#include <optional>
#include <vector>

#include "common/base/result.h"
#include "node/cdt/operation.h"
#include "node/cdt/range.h"

namespace cairn::cdt {

/// By what entries are selected, to be read or removed.
enum class PickBy : uint8_t {
    key,
    index,
    value,
    rank,
    all_by_value,
    keys,
    values,
    key_interval,
    index_range,
    value_interval,
    rank_range,
    key_relative,
    value_relative,
};
constexpr bool is_single(PickBy by) { return by <= PickBy::rank; }

/// What is known of selected entries: their positions by index, or by rank. In an ordered list the two are the same,
/// and called index.
enum class Positions : uint8_t {
    index,        // neighbours by index
    rank,         // neighbours by rank
    value,        // the same, and the indexes came along
    index_items,  // one group of neighbours by index for each item asked for
    rank_items,   // the same by rank
};

/// The entries an operation is about, before its "inverted" flag.
struct Selection {
    Positions positions = Positions::index;
    Run run = {0, 0};  // index, rank, value; by a single key or value: of none when there is no such entry
    std::vector<uint32_t> indexes;  // value, rank_items: of the selected entries, ascending
    bool by_key_interval = false;
    bool by_value_interval = false;
    std::vector<Run> items;         // index_items, rank_items: in the order they were asked for

    /// @error parameter          an argument of the wrong type.
    /// @error op_not_applicable  a single position that does not exist.
    /// @error record_too_big     the same entries asked for too often.
    ResultCode select(View& view, PickBy by, const Arguments& arguments);
    /// What is left of the entries when inverted; the indexes of both ascending, without repetitions.
    std::vector<uint32_t> chosen(View& view, bool inverted) const;

private:
    ResultCode select_one(View& view, PickBy by, const Arguments& arguments);
    ResultCode select_range(View& view, PickBy by, const Arguments& arguments);
    ResultCode select_key(View& view, const Arguments& arguments);
    ResultCode select_equal(View& view, PickBy by, const Arguments& arguments);
    ResultCode select_key_interval(View& view, const Arguments& arguments);
    ResultCode select_value_interval(View& view, const Arguments& arguments);
    ResultCode select_relative(View& view, PickBy by, const Arguments& arguments);
    ResultCode select_items(View& view, PickBy by, const Arguments& arguments);
};

bool is_wildcard(Bytes value);

/// Whether index and rank are the same.
inline bool is_ordered_list(const View& view) { return !view.map() && view.ordered(); }

}  // namespace cairn::cdt
