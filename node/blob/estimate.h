#pragma once
#include <cstdint>
#include <span>

#include "node/blob/sketch.h"

/// What sketches tell of the sets behind them. Algorithms: docs/protocol.md, "HyperLogLog".
namespace cairn::blob {

/// How many different elements were added; 2^63 when the registers say more.
uint64_t estimate_count(const Sketch& sketch);

/// The same of the union.
uint64_t estimate_union(std::span<const Sketch> sketches, record::Memory& memory);

/// Whether sketches tell how alike their sets are from minhashes: all of one precision, with minhash bits. Without, it
/// is told from counts, for at most three.
bool has_minhash(std::span<const Sketch> sketches);

/// How many elements are in all of the sets. Two or more sketches, more than three only with has_minhash().
uint64_t estimate_intersection(std::span<const Sketch> sketches, record::Memory& memory);

/// Size of the intersection by size of the union, 0 to 1 or somewhat above; NaN when all sets are empty.
double estimate_similarity(std::span<const Sketch> sketches, record::Memory& memory);

}  // namespace cairn::blob
