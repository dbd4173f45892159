#include "node/tools/value_json.h"

#include <gtest/gtest.h>

#include <limits>

namespace cairn::ctl {
namespace {

using client::Value;

TEST(ParseValue, TakesJsonByItsTypeAndAllElseAsText) {
    EXPECT_EQ(parse_value("42").value(), Value::integer(42));
    EXPECT_EQ(parse_value("\"42\"").value(), Value::text("42"));
    EXPECT_EQ(parse_value("4.5").value(), Value::real(4.5));
    EXPECT_EQ(parse_value("true").value(), Value::boolean(true));
    EXPECT_EQ(parse_value("Ada Lovelace").value(), Value::text("Ada Lovelace"));
    EXPECT_EQ(parse_value("").value(), Value::text(""));
    EXPECT_EQ(parse_value("null").value().type, wire::Particle::null);
    EXPECT_EQ(parse_value(R"({"$blob":"AP8="})").value(), Value::blob(std::string_view("\x00\xFF", 2)));
}

TEST(ParseValue, RefusesWhatNoBinHolds) {
    EXPECT_FALSE(parse_value("9223372036854775808"));
    EXPECT_FALSE(parse_value("[9223372036854775808]"));
    EXPECT_FALSE(parse_value(R"({"$blob":"A"})"));
    EXPECT_FALSE(parse_value(std::string(300, '[') + std::string(300, ']')));  // 256 levels are the most
}

TEST(ToJson, GivesListsAndMapsBack) {
    const std::string text = R"([1,-2,"three",4.5,null,true,{"a":[],"b":{"$blob":"AQ=="}}])";
    EXPECT_EQ(to_json(parse_value(text).value()).dump(), text);
}

TEST(ToJson, WritesNumbersThatJsonLacksAsTexts) {
    EXPECT_EQ(to_json(Value::real(std::numeric_limits<double>::quiet_NaN())), "NaN");
    EXPECT_EQ(to_json(Value::real(-std::numeric_limits<double>::infinity())), "-Infinity");
}

TEST(ToJson, ShowsBytesThatAreNoListAsBytes) {
    const Value damaged{wire::Particle::list, std::string("\x92\x01", 2)};  // two elements announced, one there
    EXPECT_EQ(to_json(damaged).dump(), R"({"$list":"kgE="})");
}

TEST(ToJson, PassesOverTheMetadataOfOrderedCollections) {
    const Value ordered{wire::Particle::list, std::string("\x93\xC7\x00\x01\x01\x02", 6)};
    EXPECT_EQ(to_json(ordered).dump(), "[1,2]");
}

}  // namespace
}  // namespace cairn::ctl
