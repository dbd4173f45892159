#include <gtest/gtest.h>

#include <string>

#include "node/geo/region.h"

namespace cairn::geo {
namespace {

constexpr std::string_view kPoint = R"({"type":"Point","coordinates":[1,2]})";
constexpr std::string_view kSquare = R"({"type":"Polygon","coordinates":[[[0,0],[10,0],[10,10],[0,10],[0,0]]]})";
constexpr std::string_view kFar = R"({"type":"AeroCircle","coordinates":[[100,20],10]})";

std::vector<uint8_t> stored(std::string_view text) {
    const auto region = Region::parse(text);
    const auto cells = region->covering();
    std::vector<uint8_t> value(value_size(cells, text));
    write_value(value.data(), *region, cells, text);
    return value;
}

std::vector<uint8_t> sent(std::string_view text) {
    std::vector<uint8_t> value(3);
    value.insert(value.end(), text.begin(), text.end());
    return value;
}

TEST(GeoValue, IsWrittenAndViewed) {
    const auto point = stored(kPoint);
    const auto view = ValueView::of(point);
    ASSERT_TRUE(view);
    EXPECT_FALSE(view->region);
    EXPECT_EQ(view->cell_count(), 1u);
    EXPECT_EQ(view->cell(0), Region::parse(kPoint)->cell());
    EXPECT_EQ(view->text, kPoint);
    EXPECT_TRUE(ValueView::of(stored(kSquare))->region);
}

TEST(GeoValue, WithAHeaderThatDoesNotFitIsNone) {
    EXPECT_FALSE(ValueView::of(std::vector<uint8_t>{0, 0}));
    EXPECT_FALSE(ValueView::of(std::vector<uint8_t>{0, 0, 1, 1, 2, 3, 4, 5, 6, 7}));
}

TEST(GeoValue, IsWithinWithCellsAndWithout) {
    for (const bool with_cells : {true, false}) {
        const auto form = [&](std::string_view text) { return with_cells ? stored(text) : sent(text); };
        EXPECT_TRUE(within(form(kPoint), form(kSquare))) << with_cells;
        EXPECT_TRUE(within(form(kSquare), form(kPoint))) << with_cells;
        EXPECT_FALSE(within(form(kPoint), form(kFar))) << with_cells;
        EXPECT_FALSE(within(form(kFar), form(kPoint))) << with_cells;
        EXPECT_FALSE(within(form(kSquare), form(kSquare))) << with_cells;
        EXPECT_FALSE(within(form(kPoint), form(kPoint))) << with_cells;
    }
}

TEST(GeoValue, DamagedIsNowhere) {
    EXPECT_FALSE(within(sent("x"), stored(kSquare)));
    EXPECT_FALSE(within(stored(kPoint), sent("x")));
    EXPECT_FALSE(within(std::vector<uint8_t>{1}, stored(kSquare)));
}

}  // namespace
}  // namespace cairn::geo
