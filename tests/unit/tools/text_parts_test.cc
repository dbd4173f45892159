#include "node/tools/text_parts.h"

#include <gtest/gtest.h>

namespace cairn::ctl {
namespace {

constexpr uint64_t kNowMs = 500'000'000'000;  // since 2010: 2025-11-05T00:53:20Z
constexpr uint64_t kNowUnixMs = kNowMs + 1'262'304'000'000;

TEST(ParsePast, ReadsDatesTimesAndAges) {
    EXPECT_EQ(parse_past("2010-01-02", kNowMs).value(), 1'262'390'400'000u);
    EXPECT_EQ(parse_past("2010-01-01T00:01:02", kNowMs).value(), 1'262'304'062'000u);
    EXPECT_EQ(parse_past("2010-01-01T00:01:02Z", kNowMs).value(), 1'262'304'062'000u);
    EXPECT_EQ(parse_past("30m", kNowMs).value(), kNowUnixMs - 1'800'000);
    EXPECT_EQ(parse_past("2d", kNowMs).value(), kNowUnixMs - 172'800'000);
    EXPECT_EQ(parse_past("36500d", kNowMs).value(), 0u);  // before the calendar's beginning
}

TEST(ParsePast, RefusesWhatIsNoTime) {
    for (const char* text :
         {"", "soon", "2010-13-01", "2010-02-30", "2010-01-01T25:00:00", "2010-01-01T00:00", "-1h"}) {
        EXPECT_FALSE(parse_past(text, kNowMs)) << text;
    }
}

TEST(ParseDuration, ReadsUnitsAndTakesSecondsWithoutOne) {
    EXPECT_EQ(parse_duration("500ms").value(), 500ms);
    EXPECT_EQ(parse_duration("30").value(), 30s);
    EXPECT_EQ(parse_duration("2m").value(), 120s);
    EXPECT_FALSE(parse_duration("1y"));
    EXPECT_FALSE(parse_duration("9223372036854775807d"));  // would overflow
}

TEST(ParseHost, KnowsPortsAndIpv6) {
    EXPECT_EQ(parse_host("db1").value().text(), "db1:3000");
    EXPECT_EQ(parse_host("db1:4000").value().text(), "db1:4000");
    EXPECT_EQ(parse_host("[::1]:4000").value().text(), "[::1]:4000");
    EXPECT_FALSE(parse_host("db1:"));
    EXPECT_FALSE(parse_host("db1:70000"));
}

TEST(Texts, AreWhatPeopleRead) {
    EXPECT_EQ(date_text(1'262'304'062), "2010-01-01 00:01:02 UTC");
    EXPECT_EQ(age_text(0), "0s");
    EXPECT_EQ(age_text(61), "1m 1s");
    EXPECT_EQ(age_text(86'400 * 3 + 7'200), "3d 2h");
    EXPECT_EQ(bytes_text(1023), "1023 B");
    EXPECT_EQ(bytes_text(1536), "1.5 KiB");
    EXPECT_EQ(count_text(-1'234'567), "-1,234,567");
    EXPECT_EQ(count_text(999), "999");
}

TEST(IsLike, TakesPartsAndPatterns) {
    EXPECT_TRUE(is_like("client_read_error", "read"));
    EXPECT_TRUE(is_like("client_read_error", "client_*_error"));
    EXPECT_FALSE(is_like("client_read_error", "*_success"));
    EXPECT_FALSE(is_like("client_read_error", "read*"));  // a pattern is of the whole name
}

}  // namespace
}  // namespace cairn::ctl
