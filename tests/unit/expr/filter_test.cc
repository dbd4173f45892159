#include "tests/unit/expr/sample.h"

namespace cairn::expr {
namespace {

TEST(ExprFilter, ComparesBinsWithLiterals) {
    Sample record;
    EXPECT_EQ(record.filter("93 03 93 51 02 A169 04"), "yes");                       // i > 4
    EXPECT_EQ(record.filter("93 03 93 51 02 A169 05"), "no");                        // i > 5
    EXPECT_EQ(record.filter("93 01 93 51 03 A173 A403616263"), "yes");               // s == "abc"
    EXPECT_EQ(record.filter("93 05 93 51 03 A173 A403616264"), "yes");               // s < "abd"
    EXPECT_EQ(record.filter("93 01 93 51 06 A162 A3040F33"), "yes");                 // b == 0F33
    EXPECT_EQ(record.filter("93 03 93 51 07 A166 CB3FF8000000000000"), "yes");       // f > 1.5
    EXPECT_EQ(record.filter("93 01 93 51 01 A174 C3"), "yes");                       // t == true
    EXPECT_EQ(record.filter("93 01 93 51 04 A16C 92 7E 94 03 01 02 A20378"), "yes");  // l == [3,1,2,"x"]
}

TEST(ExprFilter, WhatIsNotThereIsUnknown) {
    Sample record;
    EXPECT_EQ(record.filter("93 01 93 51 02 A178 05"), "unknown");  // no bin x
    EXPECT_EQ(record.filter("93 01 93 51 02 A173 05"), "unknown");  // s is no integer
    EXPECT_EQ(record.filter("91 00"), "unknown");
    EXPECT_EQ(record.filter("93 01 92 52 A178 00"), "yes");  // the type of an absent bin is 0
}

TEST(ExprFilter, TypesAreCheckedWhenItIsCompiled) {
    Sample record;
    EXPECT_EQ(record.filter("93 51 02 A169"), "error");                         // an integer is no filter
    EXPECT_EQ(record.filter("93 01 93 51 02 A169 CB3FF8000000000000"), "error");  // integer and float
    EXPECT_EQ(record.filter("93 01 91 00 05"), "error");                        // unknown has no type to compare
    EXPECT_EQ(record.filter("92 12 05"), "error");                              // not 5
    EXPECT_EQ(record.filter("92 10 C3"), "error");                              // `and` of one
    EXPECT_EQ(record.filter("93 01 01"), "error");                              // cut short
    EXPECT_EQ(record.filter("C3 C3"), "error");                                 // something behind it
    EXPECT_EQ(record.filter(""), "error");
    EXPECT_EQ(record.filter("91 0A"), "error");  // no such operation
}

TEST(ExprFilter, UnknownDoesNotDecideWhatTheOthersDecide) {
    Sample record;
    EXPECT_EQ(record.filter("93 10 91 00 C2"), "no");       // unknown and false
    EXPECT_EQ(record.filter("93 10 91 00 C3"), "unknown");  // unknown and true
    EXPECT_EQ(record.filter("93 11 91 00 C3"), "yes");      // unknown or true
    EXPECT_EQ(record.filter("93 11 C2 91 00"), "unknown");
    EXPECT_EQ(record.filter("92 12 91 00"), "unknown");
    EXPECT_EQ(record.filter("94 13 C3 C3 91 00"), "no");  // two are true already
    EXPECT_EQ(record.filter("94 13 C3 91 00 C3"), "unknown");
}

TEST(ExprFilter, MapsWithoutOrderCannotBeCompared) {
    Sample record;
    EXPECT_EQ(record.filter("93 01 93 51 05 A16D 83 C70001 C0 A20361 01 A20362 92 05 06"), "yes");
    EXPECT_EQ(record.filter("93 01 93 51 05 A16D 82 A20361 01 A20362 92 05 06"), "unknown");
    EXPECT_EQ(record.filter("93 01 93 51 05 A175 93 51 05 A175"), "unknown");
    // The difference comes before the map does.
    EXPECT_EQ(record.filter("93 01 93 51 04 A16C 92 7E 91 91 81 A20371 01"), "no");
}

TEST(ExprFilter, RegexIsThatOfTheCLibrary) {
    Sample record;
    EXPECT_EQ(record.filter("94 07 00 A25E61 93 51 03 A173"), "yes");        // ^a
    EXPECT_EQ(record.filter("94 07 00 A24142 93 51 03 A173"), "no");         // AB
    EXPECT_EQ(record.filter("94 07 02 A24142 93 51 03 A173"), "yes");        // AB, ignoring case
    EXPECT_EQ(record.filter("94 07 00 A4617B317D 93 51 03 A173"), "no");     // a{1} in basic syntax
    EXPECT_EQ(record.filter("94 07 01 A4617B317D 93 51 03 A173"), "yes");    // a{1} in extended syntax
    EXPECT_EQ(record.filter("94 07 01 A128 93 51 03 A173"), "error");        // (
    EXPECT_EQ(record.filter("94 07 00 A2615A 93 51 03 A173"), "no");         // aZ
    EXPECT_EQ(record.filter("94 07 00 A26100 93 51 03 A173"), "yes");        // ends at NUL
    EXPECT_EQ(record.filter("94 07 00 A162 A403610062"), "no");              // so does the value
}

TEST(ExprFilter, RegexThatCannotBeBoundedIsRefused) {
    Sample record;
    // ((a{9999}){99}), (a)\1, and ((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+)
    EXPECT_EQ(record.filter("94 07 01 AF 2828617B393939397D297B39397D29 93 51 03 A173"), "error");
    EXPECT_EQ(record.filter("94 07 01 A5 2861295C31 93 51 03 A173"), "error");
    std::string nested = "28 28 28 28 28 28 28 28 28 28 28 28 61";
    for (int i = 0; i < 12; ++i) nested += " 2B 29";
    EXPECT_EQ(record.filter("94 07 01 D925 " + nested + " 93 51 03 A173"), "error");
}

TEST(ExprFilter, RegexFlags) {
    const auto matches = [](int64_t flags, std::string_view pattern, std::string_view text) {
        const auto regex = Regex::compile(flags, pattern);
        return regex && regex->matches(as_bytes(text)).value_or(false);
    };
    for (const int64_t flags : {0, 1, 2, 3, 4, 8, 16}) {
        EXPECT_TRUE(matches(flags, "^ab", "abc")) << flags;
        EXPECT_TRUE(matches(flags, "a.c$", "abc")) << flags;
        EXPECT_EQ(matches(flags, "AB", "abc"), (flags & 2) != 0) << flags;
        EXPECT_EQ(matches(flags, "a{1}", "abc"), (flags & 1) != 0) << flags;
    }
    EXPECT_TRUE(matches(-1, "a", "abc"));
    EXPECT_TRUE(matches(0, "", "abc"));
    EXPECT_TRUE(matches(0, "(", "a(b"));
    EXPECT_FALSE(matches(0, "(", "abc"));
    EXPECT_TRUE(matches(4, "^b", "a\nb"));
    EXPECT_FALSE(matches(8, "^b", "a\nb"));
    EXPECT_TRUE(matches(1, "a|z", "abc"));
    EXPECT_TRUE(matches(1, "^[[:digit:]]+-[^x]*$", "12-ab"));
    EXPECT_TRUE(matches(0, "\\(a\\)b\\{2\\}", "abb"));
}

TEST(ExprFilter, RegexIsLinearInItsText) {
    // (a|b|c)*a(a|b|c){20}d$ on 30,000 letters: its automaton has 2^20 states.
    const std::string_view pattern = "(a|b|c)*a(a|b|c){20}d$";
    std::string text;
    for (uint32_t i = 0, x = 1; i < 30'000; ++i, x = x * 1'103'515'245 + 12'345) text += char('a' + (x >> 16) % 3);
    const auto regex = Regex::compile(1, pattern);
    ASSERT_TRUE(regex);
    EXPECT_EQ(regex->matches(as_bytes(text)), false);
    const std::string long_text(2u << 20, 'x');
    EXPECT_EQ(regex->matches(as_bytes(long_text)), std::nullopt);  // too long for a pattern of its size
}

TEST(ExprFilter, TheSameSourceIsCompiledOnce) {
    Sample record;
    EXPECT_EQ(record.filter("93 03 93 51 02 A169 04"), "yes");
    const Node* nodes = record.program().nodes.data();
    const_cast<Node*>(nodes)[2].integer = 6;  // the literal
    EXPECT_EQ(record.filter("93 03 93 51 02 A169 04"), "no");
    EXPECT_EQ(record.filter("93 03 93 51 02 A169 03"), "yes");
}

TEST(ExprFilter, FindsValuesInLists) {
    Sample record;
    EXPECT_EQ(record.filter("93 09 01 93 51 04 A16C"), "yes");
    EXPECT_EQ(record.filter("93 09 A20378 93 51 04 A16C"), "yes");
    EXPECT_EQ(record.filter("93 09 CB3FF0000000000000 93 51 04 A16C"), "no");  // 1.0 is not 1
    EXPECT_EQ(record.filter("93 09 01 05"), "error");
    EXPECT_EQ(record.filter("93 09 92 7E 91 01 92 7E 92 91 01 02"), "yes");  // [1] in [[1],2]
}

TEST(ExprFilter, MetadataDecidesWithoutTheRecord) {
    Sample record;
    EXPECT_EQ(record.metadata_filter("93 01 91 46 A20376"), "yes");  // set name == "v"
    EXPECT_FALSE(record.program().needs_record);
    EXPECT_EQ(record.metadata_filter("93 03 93 51 02 A169 04"), "unknown");  // i > 4
    EXPECT_TRUE(record.program().needs_record);
    EXPECT_EQ(record.metadata_filter("93 10 93 03 93 51 02 A169 04 C2"), "no");
    EXPECT_EQ(record.metadata_filter("93 01 92 50 03 A3036B31"), "unknown");  // stored key == "k1"
    EXPECT_EQ(record.filter("93 01 92 50 03 A3036B31"), "yes");
}

TEST(ExprFilter, DepthIsLimited) {
    Sample record;
    const auto nested = [](int depth) {
        std::string text;
        for (int i = 0; i < depth; ++i) text += "92 12 ";
        return text + "C3";
    };
    EXPECT_EQ(record.filter(nested(kDepthMax - 1)), kDepthMax % 2 == 0 ? "no" : "yes");
    EXPECT_EQ(record.filter(nested(kDepthMax)), "error");
    EXPECT_EQ(record.filter(nested(100'000)), "error");
}

}  // namespace
}  // namespace cairn::expr
