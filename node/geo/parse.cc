#include <s2/s2cap.h>
#include <s2/s2cell_id.h>
#include <s2/s2error.h>
#include <s2/s2latlng.h>
#include <s2/s2loop.h>
#include <s2/s2polygon.h>
#include <s2/s2region_union.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "node/geo/region.h"

namespace cairn::geo {
namespace {

using Json = nlohmann::json;

constexpr int kDepthMax = 64;            // a Feature's properties may hold anything
constexpr size_t kRingPositionsMin = 4;  // a triangle, closed
constexpr double kEarthRadiusMetres = 6'371'000;

// What lies too deep is dropped as it is read.
bool parse_json(std::string_view text, Json& json) {
    bool too_deep = false;
    const auto bound_depth = [&](int depth, Json::parse_event_t, Json&) {
        too_deep = too_deep || depth > kDepthMax;
        return !too_deep;
    };
    json = Json::parse(text, bound_depth, /*allow_exceptions=*/false);
    return !too_deep && !json.is_discarded();
}

std::optional<double> number_within(const Json& json, double limit) {
    if (!json.is_number()) return std::nullopt;
    const auto number = json.get<double>();
    if (std::abs(number) > limit) return std::nullopt;
    return number;
}

std::optional<S2Point> position(const Json& json) {
    if (!json.is_array() || json.size() != 2) return std::nullopt;
    const auto longitude = number_within(json[0], 180);
    const auto latitude = number_within(json[1], 90);
    if (!longitude || !latitude) return std::nullopt;
    return S2LatLng::FromDegrees(*latitude, *longitude).ToPoint();
}

/// @return  null when it is no ring.
std::unique_ptr<S2Loop> ring(const Json& json) {
    if (!json.is_array() || json.size() < kRingPositionsMin || json.front() != json.back()) return nullptr;
    std::vector<S2Point> corners;
    corners.reserve(json.size() - 1);
    for (size_t i = 0; i + 1 < json.size(); ++i) {
        const auto corner = position(json[i]);
        if (!corner) return nullptr;
        corners.push_back(*corner);
    }
    auto loop = std::make_unique<S2Loop>();
    loop->set_s2debug_override(S2Debug::DISABLE);  // what is invalid is ours to refuse, not the library's to abort on
    loop->Init(corners);
    S2Error error;  // IsValid() would log
    if (loop->FindValidationError(&error)) return nullptr;
    loop->Normalize();
    return loop;
}

/// The outline, then holes.
std::unique_ptr<S2Polygon> polygon(const Json& json) {
    if (!json.is_array() || json.empty()) return nullptr;
    std::vector<std::unique_ptr<S2Loop>> loops;
    loops.reserve(json.size());
    for (const Json& one : json) {
        loops.push_back(ring(one));
        if (loops.back() == nullptr) return nullptr;
    }
    const bool single = loops.size() == 1;
    auto result = std::make_unique<S2Polygon>(std::move(loops), S2Debug::DISABLE);
    S2Error error;
    if (!single && result->FindValidationError(&error)) return nullptr;
    return result;
}

std::unique_ptr<S2Region> multi_polygon(const Json& json) {
    if (!json.is_array() || json.empty()) return nullptr;
    std::vector<std::unique_ptr<S2Region>> polygons;
    polygons.reserve(json.size());
    for (const Json& one : json) {
        polygons.push_back(polygon(one));
        if (polygons.back() == nullptr) return nullptr;
    }
    return std::make_unique<S2RegionUnion>(std::move(polygons));
}

std::unique_ptr<S2Region> circle(const Json& json) {
    if (!json.is_array() || json.size() != 2 || !json[1].is_number()) return nullptr;
    const auto centre = position(json[0]);
    if (!centre) return nullptr;
    const auto radius = json[1].get<double>();
    if (radius < 0) return std::make_unique<S2Cap>(S2Cap::Empty());
    return std::make_unique<S2Cap>(*centre, S1Angle::Radians(radius / kEarthRadiusMetres));
}

std::string_view type_of(const Json& json) {
    const auto type = json.find("type");
    if (type == json.end() || !type->is_string()) return {};
    return type->get_ref<const std::string&>();
}

}  // namespace

std::optional<Region> Region::parse(std::string_view text) {
    Json json;
    if (!parse_json(text, json) || !json.is_object()) return std::nullopt;
    const Json* geometry = &json;
    if (type_of(json) == "Feature") {
        const auto inner = json.find("geometry");
        if (inner == json.end() || !inner->is_object()) return std::nullopt;
        geometry = &*inner;
    }
    const auto coordinates = geometry->find("coordinates");
    if (coordinates == geometry->end()) return std::nullopt;

    const std::string_view type = type_of(*geometry);
    if (type == "Point") {
        const auto point = position(*coordinates);
        if (!point) return std::nullopt;
        return Region(S2CellId(*point).id());
    }
    std::unique_ptr<S2Region> inside;
    if (type == "Polygon") inside = polygon(*coordinates);
    if (type == "MultiPolygon") inside = multi_polygon(*coordinates);
    if (type == "AeroCircle") inside = circle(*coordinates);
    if (inside == nullptr) return std::nullopt;
    return Region(std::move(inside));
}

}  // namespace cairn::geo
