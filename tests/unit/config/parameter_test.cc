#include "common/config/parameter.h"

#include <gtest/gtest.h>

#include "common/config/section.h"

namespace cairn::config {
namespace {

int64_t number(const Parameter& parameter, std::string_view text) {
    const auto value = parse_value(parameter, text);
    EXPECT_TRUE(value) << text;
    return value ? std::get<int64_t>(*value) : -1;
}

std::string refusal(const Parameter& parameter, std::string_view text) {
    const auto value = parse_value(parameter, text);
    return value ? "accepted" : value.error().detail;
}

const Parameter kSize = size("s", 64, 8 << 20, "");
const Parameter kPeriod = period("p", 0, 315'360'000, "");
const Parameter kInteger = integer("i", 16, 2'147'483'647, "connections", "");

TEST(Parameter, SizesCountInPowersOf1024) {
    EXPECT_EQ(number(kSize, "1048576"), 1 << 20);
    EXPECT_EQ(number(kSize, "512K"), 512 << 10);
    EXPECT_EQ(number(kSize, "1Mi"), 1 << 20);
    EXPECT_EQ(number(kSize, "2m"), 2 << 20);
    EXPECT_EQ(number(size("s", 0, kUnlimited, ""), "3T"), int64_t(3) << 40);
}

TEST(Parameter, PeriodsCountInSeconds) {
    EXPECT_EQ(number(kPeriod, "90"), 90);
    EXPECT_EQ(number(kPeriod, "90s"), 90);
    EXPECT_EQ(number(kPeriod, "2m"), 120);
    EXPECT_EQ(number(kPeriod, "12h"), 43'200);
    EXPECT_EQ(number(kPeriod, "30d"), 2'592'000);
}

TEST(Parameter, ARefusalNamesTheValueTheTypeAndWhatIsExpected) {
    EXPECT_EQ(refusal(kPeriod, "abc"), "'abc' is not a period; expected 0 to 10 years such as 3600, 12h or 30d");
    EXPECT_EQ(refusal(kPeriod, "11y"), "'11y' is not a period; expected 0 to 10 years such as 3600, 12h or 30d");
    EXPECT_EQ(refusal(kSize, "9M"), "'9M' is out of range; expected 64 to 8M bytes such as 1048576, 512M or 4G");
    EXPECT_EQ(refusal(kInteger, "3"), "'3' is out of range; expected 16 to 2147483647 connections");
    EXPECT_EQ(refusal(kInteger, "1k"), "'1k' is not an integer; expected 16 to 2147483647 connections");
    EXPECT_EQ(refusal(percentage("p", ""), "101"), "'101' is out of range; expected 0 to 100 percent");
    EXPECT_EQ(refusal(flag("f", ""), "yes"), "'yes' is not a boolean; expected true or false");
    EXPECT_EQ(refusal(choice("c", {"text", "json"}, ""), "xml"), "'xml' is not a choice; expected text or json");
    EXPECT_EQ(refusal(text("t", "[a-z]+", "small letters", ""), "A"), "'A' is not accepted; expected small letters");
    EXPECT_EQ(refusal(addresses("a", ""), "1.2.3.4,a b"),
              "'a b' is not accepted; expected addresses or host names such as 10.0.0.1, fd00::1 or any");
}

TEST(Parameter, NumbersThatDoNotFitAreRefused) {
    const Parameter wide = size("s", 0, kUnlimited, "");
    EXPECT_EQ(refusal(wide, "9000000000000000000T"),
              "'9000000000000000000T' is not a size; expected 0 or more bytes such as 1048576, 512M or 4G");
    EXPECT_NE(refusal(kInteger, "99999999999999999999"), "accepted");
    EXPECT_NE(refusal(kInteger, ""), "accepted");
    EXPECT_NE(refusal(kPeriod, "12hh"), "accepted");
    EXPECT_NE(refusal(kPeriod, " 12"), "accepted");
}

TEST(Parameter, ALongTextIsRefusedAndShownShortened) {
    const std::string refused = refusal(text("t", ""), std::string(1 << 20, 'x'));
    EXPECT_NE(refused.find("is longer than 255 bytes"), std::string::npos);
    EXPECT_LT(refused.size(), 200u);
}

TEST(Parameter, AnyTextHasNoSemicolonsOrControlCharacters) {
    EXPECT_EQ(refusal(text("t", ""), "/var/lib/cairn"), "accepted");
    EXPECT_NE(refusal(text("t", ""), "a;b"), "accepted");
    EXPECT_NE(refusal(text("t", ""), "a\nb"), "accepted");
}

TEST(Parameter, ChoicesAndBooleansIgnoreCase) {
    EXPECT_EQ(parse_value(choice("c", {"info", "debug"}, ""), "DEBUG"), Value("debug"));
    EXPECT_EQ(parse_value(flag("f", ""), "True"), Value(true));
}

TEST(Parameter, NumbersPrintWithTheLargestSuffixThatFits) {
    EXPECT_EQ(print_value(kSize, int64_t(4) << 30), "4G");
    EXPECT_EQ(print_value(kSize, int64_t(1536)), "1536");
    EXPECT_EQ(print_value(kPeriod, int64_t(86'400)), "1d");
    EXPECT_EQ(print_value(kPeriod, int64_t(90)), "90");
    EXPECT_EQ(print_value(kPeriod, int64_t(0)), "0");
}

TEST(Parameter, ATextThatIsNotUtf8IsRefused) {
    EXPECT_EQ(refusal(text("t", ""), "caf\xC3\xA9"), "accepted");
    EXPECT_EQ(refusal(text("t", ""), "caf\xE9"),
              "'caf\xE9' is not UTF-8; expected a text of at most 255 bytes without ';'");
}

TEST(Parameter, GetConfigShowsPlainNumbersAndNullForNoText) {
    EXPECT_EQ(info_value(int64_t(86'400)), "86400");
    EXPECT_EQ(info_value(""), "null");
    EXPECT_EQ(info_value(true), "true");
}

TEST(Parameter, APlannedOneAcceptsItsDefaultOnly) {
    Parameter planned = percentage("defrag-lwm-pct", "");
    planned.planned = true;
    planned.default_value = int64_t(50);
    EXPECT_TRUE(accept_value(planned, "50"));
    EXPECT_EQ(accept_value(planned, "55").error().detail, "'55' is not supported yet by this version; expected 50");
}

TEST(Closest, IsTheWordWithTheFewestLettersToChange) {
    EXPECT_EQ(closest("defautl-ttl", {"default-ttl", "nsup-period"}), "default-ttl");
    EXPECT_EQ(closest("zzzzzzzz", {"default-ttl", "nsup-period"}), "");
    EXPECT_EQ(closest(std::string(1 << 20, 'x'), {"default-ttl"}), "");
}

}  // namespace
}  // namespace cairn::config
