#pragma once
#include "common/base/buffer.h"
#include "common/base/result.h"
#include "node/tools/render.h"

namespace cairn::ctl {

/// A stored list or map as JSON. Map keys that are no strings are written as their JSON text; blobs, GeoJSON and numbers
/// that JSON does not have as value_json.h says. Nothing when the bytes are no such value.
std::optional<Json> from_msgpack(Bytes bytes);

/// Appends JSON as a list, a map or what they contain.
/// @error  an integer beyond 64 bits with a sign, or more than 256 levels.
Result<void> to_msgpack(const Json& value, Buffer& out);

}  // namespace cairn::ctl
