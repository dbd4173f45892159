#pragma once
#include "common/base/buffer.h"
#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/wire/message.h"

namespace cairn::record {

/// Checks a list or map that replaces a whole bin and appends it to `out` in normal form: headers and integers in
/// their smallest encoding, metadata reduced to the known flags, maps sorted by key. Normal form normalises to itself
/// and is never longer than `in`.
/// @param type             Particle::list or Particle::map.
/// @param outer            collections that will be around it: they count for the depth.
/// @error server_error     not one whole value of that type; keys other than integers, strings and blobs, or twice the
///                         same; flagged as ordered but unsorted; infinity or wildcard inside; nested deeper than
///                         msgpack::kDepthMax. `out` is as before. Operations inside collections answer `parameter`
///                         to the same faults.
/// Cost: one pass when nothing changes; else n log n in the keys, and a copy of each unsorted map for each unsorted map
/// around it: refuse what is larger than a record before calling.
/// Rules: docs/protocol.md, "Normal form of collections".
ResultCode normalise_collection(wire::Particle type, Bytes in, Buffer& out, uint32_t outer = 0);

}  // namespace cairn::record
