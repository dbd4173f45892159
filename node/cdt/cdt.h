#pragma once
#include "common/base/bytes.h"
#include "common/base/result.h"
#include "node/record/memory.h"
#include "node/record/particle_value.h"

/// Operations inside lists and maps. Format and rules: docs/protocol.md, "Lists and maps".
namespace cairn::cdt {

using record::ParticleValue;

/// Runs a reading operation.
/// @param bin        the bin's value; absent: the bin does not exist, and the answer is empty.
/// @param operation  what a CDT_READ operation carries: msgpack, [code, arguments...] or [255, context, [code, ...]].
/// @param memory     lends what the result needs beyond views into `bin` and `operation`.
/// @param result     receives the answer; absent: an empty one, which is sent only to who asked for all responses.
/// @return  ok; parameter: malformed; incompatible_type: the bin is of another kind; op_not_applicable: out of bounds,
///          no such path, or a return type the operation cannot have.
ResultCode read(const ParticleValue& bin, Bytes operation, record::Memory& memory, ParticleValue& result);

/// Runs a changing operation, as CDT_MODIFY carries it.
/// @param changed  receives the bin's new value, `bin` itself when nothing changed; absent: there is (still) no bin.
/// @return  as read(), and element_exists, element_not_found; `changed` and `result` are unspecified after an error.
ResultCode modify(const ParticleValue& bin, Bytes operation, record::Memory& memory, ParticleValue& changed,
                  ParticleValue& result);

}  // namespace cairn::cdt
