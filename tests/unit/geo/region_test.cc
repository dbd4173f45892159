#include "node/geo/region.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <string>

namespace cairn::geo {
namespace {

Region region(std::string_view text) {
    auto parsed = Region::parse(text);
    EXPECT_TRUE(parsed) << text;
    return std::move(*parsed);
}

std::string number(double value) { return std::to_string(value); }
std::string position_text(double longitude, double latitude) {
    return "[" + number(longitude) + "," + number(latitude) + "]";
}
Region point(double longitude, double latitude) {
    return region(R"({"type":"Point","coordinates":)" + position_text(longitude, latitude) + "}");
}

constexpr std::string_view kSquare = R"({"type":"Polygon","coordinates":[[[0,0],[10,0],[10,10],[0,10],[0,0]]]})";
constexpr std::string_view kClockwise = R"({"type":"Polygon","coordinates":[[[0,0],[0,10],[10,10],[10,0],[0,0]]]})";
constexpr std::string_view kHoled =
    R"({"type":"Polygon","coordinates":[[[0,0],[10,0],[10,10],[0,10],[0,0]],[[4,4],[6,4],[6,6],[4,6],[4,4]]]})";
constexpr std::string_view kTwo =
    R"({"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,1],[0,0]]],[[[5,5],[6,5],[6,6],[5,6],[5,5]]]]})";
constexpr std::string_view kCircle = R"({"type":"AeroCircle","coordinates":[[1.0,2.0],1000.0]})";
constexpr std::string_view kFeature =
    R"({"type":"Feature","geometry":{"type":"Point","coordinates":[1.0,2.0]},"properties":{}})";

TEST(GeoRegion, PointsAreInsideOrNot) {
    struct Case {
        double longitude, latitude;
        bool square, holed, two, circle;
    };
    for (const Case& one : {Case{1, 2, true, true, false, true}, Case{5, 5, true, false, false, false},
                            Case{0.5, 0.5, true, true, true, false}, Case{-1, -1, false, false, false, false},
                            Case{9.99, 9.99, true, true, false, false}, Case{10.01, 5, false, false, false, false},
                            Case{1.005, 2, true, true, false, true}, Case{1.01, 2, true, true, false, false},
                            Case{5.5, 5.5, true, false, true, false}}) {
        SCOPED_TRACE(position_text(one.longitude, one.latitude));
        const Region place = point(one.longitude, one.latitude);
        EXPECT_EQ(within(place, region(kSquare)), one.square);
        EXPECT_EQ(within(place, region(kClockwise)), one.square);
        EXPECT_EQ(within(place, region(kHoled)), one.holed);
        EXPECT_EQ(within(place, region(kTwo)), one.two);
        EXPECT_EQ(within(place, region(kCircle)), one.circle);
        EXPECT_EQ(within(region(kHoled), place), one.holed) << "either way around";
    }
}

TEST(GeoRegion, AFeatureIsItsGeometry) {
    EXPECT_TRUE(region(kFeature).is_point());
    EXPECT_TRUE(within(region(kFeature), region(kCircle)));
}

TEST(GeoRegion, TwoPointsOrTwoRegionsAreNeverWithinEachOther) {
    EXPECT_FALSE(within(point(1, 2), point(1, 2)));
    EXPECT_FALSE(within(region(kCircle), region(kSquare)));
}

TEST(GeoRegion, WhatCrossesItselfIsRefused) {
    for (const char* text : {
             R"({"type":"Polygon","coordinates":[[[0,0],[10,10],[10,0],[0,10],[0,0]]]})",
             R"({"type":"Polygon","coordinates":[[[0,0],[10,0],[10,0],[0,10],[0,0]]]})",
             R"({"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,9],[0,0]],[[5,5],[20,5],[20,6],[5,6],[5,5]]]})",
             R"({"type":"MultiPolygon","coordinates":[[[[0,0],[10,10],[10,0],[0,10],[0,0]]]]})",
         }) {
        EXPECT_FALSE(Region::parse(text)) << text;
    }
}

TEST(GeoRegion, PolygonsMayShareBorders) {
    const Region both = region(
        R"({"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,1],[0,0]]],[[[1,0],[2,0],[2,1],[1,1],[1,0]]]]})");
    EXPECT_TRUE(within(point(0.5, 0.5), both));
    EXPECT_TRUE(within(point(1.5, 0.5), both));
}

TEST(GeoRegion, CirclesOfNoSizeOrAllSizes) {
    EXPECT_TRUE(region(R"({"type":"AeroCircle","coordinates":[[1,2],-5]})").covering().empty());
    const Region centre = region(R"({"type":"AeroCircle","coordinates":[[1,2],0]})");
    EXPECT_EQ(centre.covering(), (std::vector<CellId>{point(1, 2).cell()}));
    EXPECT_TRUE(within(point(-179, -2), region(R"({"type":"AeroCircle","coordinates":[[1,2],1e12]})")));
}

TEST(GeoRegion, ACircleReachesAsFarAsItsRadius) {
    const double degree = 6'371'000 * std::numbers::pi / 180;
    const auto reaches = [&](double radius) {
        return within(point(30, 1), region(R"({"type":"AeroCircle","coordinates":[[30,0],)" + number(radius) + "]}"));
    };
    EXPECT_TRUE(reaches(degree + 1));
    EXPECT_FALSE(reaches(degree - 1));
}

TEST(GeoRegion, CellsAreThoseOfTheReference) {
    EXPECT_EQ(region(kFeature).cell(), 0x10036E17CA9FB709u);
    EXPECT_EQ(region(R"({"type":"Point","coordinates":[180,90]})").cell(), 0x5000000000000001u);
    EXPECT_EQ(region(kSquare).covering(),
              (std::vector<CellId>{0x0555555555555555, 0x0FD0000000000000, 0x0FE4000000000000, 0x0FFC000000000000,
                                   0x1040000000000000, 0x1A84000000000000, 0x1A9C000000000000, 0x1AA4000000000000,
                                   0x1AAC000000000000}));
}

// Goal: an index of coverings finds every point of a region, and every region around a point. Method: random points,
// each against the coverings of the regions that contain it.
TEST(GeoRegion, CoveringsCover) {
    std::mt19937 random(11);
    std::uniform_real_distribution<double> degrees(-2, 12);
    size_t inside = 0;
    for (int i = 0; i < 300; ++i) {
        const CellId place = point(degrees(random), degrees(random)).cell();
        std::vector<CellId> ancestors;
        append_ancestors(place, ancestors);
        for (const auto text : {kSquare, kHoled, kTwo, kCircle}) {
            const Region shape = region(text);
            if (!shape.contains(place)) continue;
            ++inside;
            const auto covering = shape.covering();
            EXPECT_TRUE(std::ranges::any_of(covering, [&](CellId cell) { return range_of(cell).contains(place); }));
            EXPECT_TRUE(std::ranges::any_of(ancestors,
                                            [&](CellId cell) { return std::ranges::binary_search(covering, cell); }));
        }
    }
    EXPECT_GT(inside, 100u);
}

}  // namespace
}  // namespace cairn::geo
