// GeoJSON values: an accepted text is inside the value, and is accepted again by itself.
#include <vector>

#include "common/base/buffer.h"
#include "common/base/check.h"
#include "node/record/geojson.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace cairn;
    const std::vector<uint8_t> exact(data, data + size);
    Bytes text;
    if (record::check_geojson(exact, text) != ResultCode::ok) return 0;
    CAIRN_CHECK(text.data() >= exact.data() && text.data() + text.size() == exact.data() + exact.size());

    Buffer alone;
    std::memset(alone.append(3), 0, 3);
    alone.append(text);
    Bytes again;
    CAIRN_CHECK(record::check_geojson(alone.bytes(), again) == ResultCode::ok);
    CAIRN_CHECK(as_text(again) == as_text(text));
    return 0;
}
