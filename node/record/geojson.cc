#include "node/record/geojson.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace cairn::record {
namespace {

using Json = nlohmann::json;

constexpr int kDepthMax = 64;           // a Feature's properties may hold anything
constexpr size_t kRingPositionsMin = 4;  // a triangle, closed

bool is_number_within(const Json& json, double limit) {
    return json.is_number() && std::abs(json.get<double>()) <= limit;
}

bool is_position(const Json& json) {
    return json.is_array() && json.size() == 2 && is_number_within(json[0], 180) && is_number_within(json[1], 90);
}

template <class Check>
bool is_array_of(const Json& json, size_t size_min, Check check) {
    return json.is_array() && json.size() >= size_min && std::all_of(json.begin(), json.end(), check);
}

bool is_ring(const Json& json) {
    return is_array_of(json, kRingPositionsMin, is_position) && json.front() == json.back();
}

bool is_polygon(const Json& json) { return is_array_of(json, 1, is_ring); }
bool is_multi_polygon(const Json& json) { return is_array_of(json, 1, is_polygon); }

// A negative radius is accepted: it covers nothing.
bool is_circle(const Json& json) {
    return json.is_array() && json.size() == 2 && is_position(json[0]) && json[1].is_number();
}

std::string_view type_of(const Json& json) {
    const auto type = json.find("type");
    if (type == json.end() || !type->is_string()) return {};
    return type->get_ref<const std::string&>();
}

bool is_geometry(const Json& json) {
    if (!json.is_object()) return false;
    const auto coordinates = json.find("coordinates");
    if (coordinates == json.end()) return false;
    const std::string_view type = type_of(json);
    if (type == "Point") return is_position(*coordinates);
    if (type == "Polygon") return is_polygon(*coordinates);
    if (type == "MultiPolygon") return is_multi_polygon(*coordinates);
    if (type == "AeroCircle") return is_circle(*coordinates);
    return false;
}

bool is_feature_or_geometry(const Json& json) {
    if (!json.is_object()) return false;
    if (type_of(json) != "Feature") return is_geometry(json);
    const auto geometry = json.find("geometry");
    return geometry != json.end() && is_geometry(*geometry);
}

// What lies too deep is dropped as it is read.
bool parse(std::string_view text, Json& json) {
    bool too_deep = false;
    const auto bound_depth = [&](int depth, Json::parse_event_t, Json&) {
        too_deep = too_deep || depth > kDepthMax;
        return !too_deep;
    };
    json = Json::parse(text, bound_depth, /*allow_exceptions=*/false);
    return !too_deep && !json.is_discarded();
}

}  // namespace

ResultCode check_geojson(Bytes value, Bytes& text) {
    if (value.size() < 3) return ResultCode::geo_invalid_geojson;
    const size_t cells_size = size_t{8} * load_be<uint16_t>(value.data() + 1);
    if (value.size() - 3 < cells_size) return ResultCode::geo_invalid_geojson;
    text = value.subspan(3 + cells_size);
    Json json;
    if (!parse(as_text(text), json) || !is_feature_or_geometry(json)) return ResultCode::geo_invalid_geojson;
    return ResultCode::ok;
}

}  // namespace cairn::record
