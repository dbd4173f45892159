#pragma once
#include "common/base/bytes.h"
#include "common/base/result.h"

namespace cairn::record {

/// Checks a GeoJSON value as clients send it: flags u8, cell count u16, that many cells of 8 bytes, text. Flags and
/// cells are the server's business and ignored.
/// Accepted: Point, Polygon, MultiPolygon, AeroCircle, and a Feature around one of them, with longitudes within 180 and
/// latitudes within 90 degrees, rings closed. Whether a ring crosses itself is not looked at.
/// @param text                  receives the JSON text as a view into `value`.
/// @error geo_invalid_geojson   everything else; `text` is then unspecified.
/// Format: docs/protocol.md, "Values".
ResultCode check_geojson(Bytes value, Bytes& text);

}  // namespace cairn::record
