#pragma once
#include <cstdint>

#include "node/record/layout.h"

/// Records as they stand in a chunk: the bytes of memory, with a check, without the state flags.
/// Layout to the bit: docs/storage-format.md, "Records in a chunk".
namespace cairn::storage {

/// A filler has no head: its word, its check, zeros; so it may be a single unit.
constexpr uint32_t kFillerUnitsMin = 1;
constexpr uint32_t kHeadUnits = sizeof(record::Head) / record::kUnit;

/// What every check is seeded with, so that bytes of another life of the block or of another place fail it.
/// @param unit  from the start of the block.
constexpr uint64_t check_seed(uint64_t block_seq, uint32_t unit) { return block_seq ^ unit; }

/// Clears the state flags and sets the check; the record is complete, padding included.
void seal_record(record::Head& head, uint64_t seed);

/// Whether the record (or filler) is what was sealed with this seed. `head.units` units are readable.
bool check_record(const record::Head& head, uint64_t seed);

/// Whether the first word can be that of a stored record that ends within `units_left`; the check comes after this.
bool plausible_record(const record::Head& head, uint32_t units_left);

/// Writes a filler of `units` and seals it.
void write_filler(uint8_t* at, uint32_t units, uint64_t seed);

/// Whether key and bins of a record whose body is plain lie one after another up to its end: what record::BinWalk
/// takes for granted. For bytes of which more than the check must be known.
bool valid_body(const record::Head& plain);

}  // namespace cairn::storage
