#pragma once
#include "common/base/bytes.h"
#include "common/base/result.h"
#include "node/record/memory.h"

namespace cairn::record {

/// Checks a GeoJSON value as clients send it: flags u8, cell count u16, that many cells of 8 bytes, text. Flags and
/// cells are the server's business and ignored. What is accepted: node/geo/region.h.
/// @param text                  receives the JSON text as a view into `value`.
/// @error geo_invalid_geojson   everything else; `text` is then unspecified.
/// Format: docs/protocol.md, "Values".
ResultCode check_geojson(Bytes value, Bytes& text);

/// The same, and brings it into stored form: with the flags and cells of its place.
ResultCode geojson_to_stored(Bytes value, Memory& memory, Bytes& stored);

}  // namespace cairn::record
