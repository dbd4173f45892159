#pragma once
#include "common/base/buffer.h"
#include "common/base/result.h"
#include "node/record/bins.h"
#include "node/record/draft.h"

namespace cairn::record {

/// Strings and the blobs of all languages: values that can be joined.
bool is_string_like(Particle type);

/// Types that a bin can have.
bool is_storable(Particle type);

/// Brings a value sent by a client into stored form.
/// @param draft    lends memory for values that cannot stay views into the request.
/// @param scratch  work space.
/// @param stored   receives the stored form, valid as long as the request and the draft.
/// @return  ok; parameter: no such type, or a size that the type cannot have; server_error: a list or map that is no
///          valid msgpack; geo_invalid_geojson. Rules: docs/protocol.md, "Values".
ResultCode to_stored(Particle type, Bytes value, Draft& draft, Buffer& scratch, Bytes& stored);

}  // namespace cairn::record
