#include "operator/api/quantity.h"

#include <gtest/gtest.h>

namespace cairn::api {
namespace {

TEST(Quantity, IsReadInAllItsForms) {
    EXPECT_EQ(milli_value("0.5"), 500);
    EXPECT_EQ(milli_value("1e3"), 1'000'000);
    EXPECT_EQ(milli_value("1E-2"), 10);
    EXPECT_EQ(milli_value("100m"), 100);
    EXPECT_EQ(whole_value("1Ki"), 1024);
    EXPECT_EQ(whole_value("1.5Gi"), 1'610'612'736);
    EXPECT_EQ(whole_value("3k"), 3000);
    EXPECT_EQ(whole_value("8Ei").has_value(), false);  // 2^63
    EXPECT_EQ(whole_value("7Ei"), 7 * (int64_t{1} << 60));
    EXPECT_EQ(whole_value("0"), 0);
    EXPECT_EQ(whole_value(".5Ki"), 512);
}

TEST(Quantity, RoundsUp) {
    EXPECT_EQ(whole_value("100m"), 1);
    EXPECT_EQ(whole_value("1.0001"), 2);
    EXPECT_EQ(milli_value("1n"), 1);
}

TEST(Quantity, RefusesWhatIsNone) {
    for (const char* text :
         {"", ".", "Gi", "1 Gi", "1gi", "1.2.3", "-1", "1e", "1e99", "0x10", "99999999999999999999"}) {
        EXPECT_FALSE(milli_value(text)) << text;
    }
    EXPECT_EQ(whole_value("1gi").error().detail, "'1gi' is no quantity such as 1, 0.5, 100m or 10Gi");
}

TEST(Period, AddsItsParts) {
    EXPECT_EQ(period_value("15m"), Duration(15 * 60 * 1'000'000'000LL));
    EXPECT_EQ(period_value("1h30m"), Duration(5400 * 1'000'000'000LL));
    EXPECT_EQ(period_value("1.5s"), 1500ms);
    EXPECT_EQ(period_value("250ms"), 250ms);
}

TEST(Period, RefusesWhatIsNone) {
    for (const char* text : {"", "15", "m", "15 m", "1d", "-5s", "99999999999h", "1..5s"}) {
        EXPECT_FALSE(period_value(text)) << text;
    }
}

TEST(CountOrPercent, IsANumberOrAShareRoundedDown) {
    EXPECT_EQ(count_of("2", 9), 2);
    EXPECT_EQ(count_of("10%", 9), 0);
    EXPECT_EQ(count_of("50%", 9), 4);
    EXPECT_FALSE(count_of("101%", 9));
    EXPECT_FALSE(count_of("-1", 9));
    EXPECT_FALSE(count_of("", 9));
    EXPECT_FALSE(count_of("%", 9));
}

}  // namespace
}  // namespace cairn::api
