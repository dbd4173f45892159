#pragma once
#include "common/base/bytes.h"
#include "common/base/result.h"
#include "node/record/memory.h"
#include "node/record/particle_value.h"

/// HyperLogLog: how many different elements were added, in a sketch of a few kilobytes. Sketches with minhash bits also
/// tell how alike two sets are. Format and algorithms: docs/protocol.md, "HyperLogLog".
namespace cairn::blob {

using record::ParticleValue;

/// Runs a reading operation.
/// @param bin        the bin's value; absent: there is no bin, and the answer is empty.
/// @param operation  what an HLL_READ operation carries: msgpack, [code, arguments...].
/// @param memory     lends what the result needs.
/// @param result     receives the answer: integer, floating, list or hll; absent: an empty one.
/// @return  ok; parameter: malformed, or sketches that cannot be combined; incompatible_type: the bin is no sketch;
///          op_not_applicable: the bin's sketch cannot be combined with the given ones; server_error: it is damaged.
ResultCode hll_read(const ParticleValue& bin, Bytes operation, record::Memory& memory, ParticleValue& result);

/// Runs a changing operation, as HLL_MODIFY carries it.
/// @param changed  receives the bin's new value, `bin` itself when nothing changed; absent: there is (still) no bin.
/// @param result   receives the answer: an integer, or absent.
/// @return  as hll_read(); bin_not_found, bin_exists: against the operation's flags. `changed` and `result` are
///          unspecified after an error.
ResultCode hll_modify(const ParticleValue& bin, Bytes operation, record::Memory& memory, ParticleValue& changed,
                      ParticleValue& result);

}  // namespace cairn::blob
