#include "node/record/geojson.h"

#include "node/geo/region.h"

namespace cairn::record {

ResultCode check_geojson(Bytes value, Bytes& text) {
    const auto view = geo::ValueView::of(value);
    if (!view || !geo::Region::parse(view->text)) return ResultCode::geo_invalid_geojson;
    text = as_bytes(view->text);
    return ResultCode::ok;
}

ResultCode geojson_to_stored(Bytes value, Memory& memory, Bytes& stored) {
    const auto view = geo::ValueView::of(value);
    if (!view) return ResultCode::geo_invalid_geojson;
    const auto region = geo::Region::parse(view->text);
    if (!region) return ResultCode::geo_invalid_geojson;
    const auto cells = region->covering();
    const size_t size = geo::value_size(cells, view->text);
    uint8_t* at = memory.allocate(size);
    geo::write_value(at, *region, cells, view->text);
    stored = {at, size};
    return ResultCode::ok;
}

}  // namespace cairn::record
