#pragma once
#include <cstdint>
#include <vector>

#include "node/blob/arguments.h"
#include "node/blob/sketch.h"

namespace cairn::blob {

/// Codes of operations on sketches: changing ones below 50, reading ones from there on.
enum class HllCode : uint8_t {
    init = 0,
    add = 1,
    set_union = 2,
    refresh_count = 3,
    fold = 4,
    count = 50,
    get_union = 51,
    union_count = 52,
    intersect_count = 53,
    similarity = 54,
    describe = 55,
    may_contain = 56,
};

namespace hll_flag {
constexpr uint64_t create_only = 1, update_only = 2, no_fail = 4, allow_fold = 8;
}

/// A sketch, or a list of one and more, appended to `sketches`.
/// @return  false when the argument is nothing like it.
bool parse_sketches(Arguments& arguments, std::vector<Sketch>& sketches);

}  // namespace cairn::blob
