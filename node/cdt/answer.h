#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/base/bytes.h"
#include "node/cdt/view.h"
#include "node/record/memory.h"
#include "node/record/particle_value.h"

namespace cairn::cdt {

using record::Memory;
using record::ParticleValue;

/// What a client wants to know of the entries it selects.
enum class Want : uint8_t {
    none = 0,
    index = 1,
    reverse_index = 2,
    rank = 3,
    reverse_rank = 4,
    count = 5,
    key = 6,
    value = 7,
    key_value = 8,
    index_range = 9,
    reverse_index_range = 10,
    rank_range = 11,
    reverse_rank_range = 12,
    exists = 13,
    unordered_map = 16,
    ordered_map = 17,
};
constexpr bool is_reversed(Want want) {
    return want == Want::reverse_index || want == Want::reverse_rank || want == Want::reverse_index_range ||
           want == Want::reverse_rank_range;
}
constexpr bool is_map(Want want) {
    return want == Want::key_value || want == Want::unordered_map || want == Want::ordered_map;
}

/// Neighbouring positions.
struct Run {
    uint32_t start, count;
};

ParticleValue integer_answer(int64_t value, Memory& memory);
ParticleValue boolean_answer(bool value, Memory& memory);
/// One value of a collection as a bin would hold it; nil is no answer.
ParticleValue value_answer(Bytes encoded, Memory& memory);
/// A list of two.
ParticleValue pair_answer(int64_t first, int64_t second, Memory& memory);
ParticleValue list_answer(std::span<const uint32_t> positions, Memory& memory);
/// The positions of up to two runs, one after the other, each ascending.
/// @param reversed  counted from the end of `count` entries.
ParticleValue list_answer(std::span<const Run> runs, uint32_t count, bool reversed, Memory& memory);

/// One position of `count` entries; -1 when there is none.
/// @param reversed  counted from the end.
ParticleValue position_answer(std::optional<uint32_t> position, uint32_t count, bool reversed, Memory& memory);
/// A list of positions in the given order; `reversed` counts each from the end by itself.
ParticleValue positions_answer(std::vector<uint32_t> positions, uint32_t count, bool reversed, Memory& memory);

/// Keys, values or pairs of entries, by `want` of those, in the given order.
ParticleValue entries_answer(View& view, std::span<const uint32_t> indexes, Want want, Memory& memory);
/// The same of runs of indexes.
ParticleValue entries_answer(View& view, std::span<const Run> runs, Want want, Memory& memory);

}  // namespace cairn::cdt
