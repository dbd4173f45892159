#include "node/record/geojson.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace cairn::record {
namespace {

const std::string kPlainHeader(3, '\0');

ResultCode check(std::string_view json) {
    const std::string value = kPlainHeader + std::string(json);
    Bytes text;
    return check_geojson(as_bytes(value), text);
}

TEST(Geojson, KnownShapesAreAccepted) {
    for (const char* json : {
             R"({"type":"Point","coordinates":[1.0,2.0]})",
             R"( {"type": "Point", "coordinates": [1, 2], "x": 5} )",
             R"({"type":"Point","coordinates":[-180,-90]})",
             R"({"type":"Polygon","coordinates":[[[0,0],[10,0],[10,10],[0,10],[0,0]]]})",
             R"({"type":"Polygon","coordinates":[[[0,0],[0,10],[10,10],[10,0],[0.0,0]]]})",
             R"({"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,0]],[[4,4],[6,4],[6,5],[4,4]]]})",
             R"({"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]],[[[5,5],[6,5],[6,6],[5,5]]]]})",
             R"({"type":"AeroCircle","coordinates":[[1.0,2.0],1000.0]})",
             R"({"type":"AeroCircle","coordinates":[[1.0,2.0],-5]})",
             R"({"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"a":[{}]}})",
         }) {
        EXPECT_EQ(check(json), ResultCode::ok) << json;
    }
}

TEST(Geojson, OthersAreRefused) {
    for (const char* json : {
             "",
             "xyz",
             "{}",
             "[]",
             "5",
             R"({"type":"Point"})",
             R"({"type":7,"coordinates":[1,2]})",
             R"({"type":"Point","coordinates":[1.0]})",
             R"({"type":"Point","coordinates":[1.0,2.0,3.0]})",
             R"({"type":"Point","coordinates":["1","2"]})",
             R"({"type":"Point","coordinates":[181,2]})",
             R"({"type":"Point","coordinates":[1,91]})",
             R"({"type":"Point","coordinates":[1e999,2]})",
             R"({"type":"Point","coordinates":[1.0,2.0]}x)",
             R"({"type":"Point","coordinates":{"0":1,"1":2}})",
             R"({"type":"Polygon","coordinates":[]})",
             R"({"type":"Polygon","coordinates":[[[0,0],[10,0],[10,10],[0,10]]]})",
             R"({"type":"Polygon","coordinates":[[[0,0],[10,0],[0,0]]]})",
             R"({"type":"MultiPolygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]})",
             R"({"type":"AeroCircle","coordinates":[1.0,2.0,5]})",
             R"({"type":"LineString","coordinates":[[0,0],[1,1]]})",
             R"({"type":"MultiPoint","coordinates":[[0,0],[1,1]]})",
             R"({"type":"Feature"})",
             R"({"type":"Feature","geometry":{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]}}})",
         }) {
        EXPECT_EQ(check(json), ResultCode::geo_invalid_geojson) << json;
    }
}

TEST(Geojson, TheTextBeginsAfterTheCellsOfTheClient) {
    const std::string json = R"({"type":"Point","coordinates":[1,2]})";
    const std::string value = std::string("\1\0\2", 3) + std::string(16, 'c') + json;
    Bytes text;
    ASSERT_EQ(check_geojson(as_bytes(value), text), ResultCode::ok);
    EXPECT_EQ(as_text(text), json);
}

TEST(Geojson, AHeaderThatDoesNotFitIsRefused) {
    Bytes text;
    EXPECT_EQ(check_geojson(as_bytes(""), text), ResultCode::geo_invalid_geojson);
    EXPECT_EQ(check_geojson(as_bytes(std::string_view("\0\0", 2)), text), ResultCode::geo_invalid_geojson);
    const std::string value = std::string("\0\0\5", 3) + R"({"type":"Point","coordinates":[1,2]})";
    EXPECT_EQ(check_geojson(as_bytes(value), text), ResultCode::geo_invalid_geojson);
}

TEST(Geojson, NestingIsBounded) {
    const auto with_properties = [](size_t depth) {
        return R"({"type":"Point","coordinates":[1,2],"properties":)" + std::string(depth, '[') +
               std::string(depth, ']') + "}";
    };
    EXPECT_EQ(check(with_properties(50)), ResultCode::ok);
    EXPECT_EQ(check(with_properties(100)), ResultCode::geo_invalid_geojson);
    EXPECT_EQ(check(with_properties(1'000'000)), ResultCode::geo_invalid_geojson);
    EXPECT_EQ(check(std::string(1'000'000, '[')), ResultCode::geo_invalid_geojson);
}

// Goal: no text breaks the check. Method: valid values with some bytes replaced, from one seed.
TEST(Geojson, MutatedValuesAreAnswered) {
    const std::string valid =
        kPlainHeader + R"({"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,0]]]}})";
    const std::string_view telling = "{}[]\",:.-+eE0159\\u tfn\xFF\0";
    std::mt19937_64 random(5);
    size_t accepted = 0;
    for (int i = 0; i < 20'000; ++i) {
        std::string value = valid;
        for (uint64_t changes = random() % 3 + 1; changes != 0; --changes) {
            value[random() % value.size()] = telling[random() % telling.size()];
        }
        Bytes text;
        accepted += check_geojson(as_bytes(value), text) == ResultCode::ok;
    }
    EXPECT_GT(accepted, 100u);
}

}  // namespace
}  // namespace cairn::record
