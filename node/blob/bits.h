#pragma once
#include "common/base/bytes.h"
#include "common/base/result.h"
#include "node/record/memory.h"
#include "node/record/particle_value.h"

/// Operations on bins of bytes: bits of a blob, and HyperLogLog sketches. Formats: docs/protocol.md.
namespace cairn::blob {

using record::ParticleValue;

/// Runs a reading operation on the bits of a blob; bit 0 is the most significant of the first byte.
/// @param bin        the bin's value; absent: there is no bin, and the answer is empty.
/// @param operation  what a BITS_READ operation carries: msgpack, [code, arguments...].
/// @param memory     lends what the result needs.
/// @param result     receives the answer: integer or blob; absent: an empty one, sent only to who wants all responses.
/// @return  ok; parameter: malformed, or an offset before the first bit; incompatible_type: the bin is no blob;
///          op_not_applicable: bits beyond the last one.
ResultCode bits_read(const ParticleValue& bin, Bytes operation, record::Memory& memory, ParticleValue& result);

/// Runs a changing operation, as BITS_MODIFY carries it.
/// @param changed  receives the bin's new value, `bin` itself when nothing changed; absent: there is (still) no bin.
/// @param result   receives the answer, which is always absent.
/// @return  as bits_read(); bin_not_found, bin_exists: against the operation's flags; op_not_applicable also: overflow.
///          `changed` and `result` are unspecified after an error.
ResultCode bits_modify(const ParticleValue& bin, Bytes operation, record::Memory& memory, ParticleValue& changed,
                       ParticleValue& result);

}  // namespace cairn::blob
