#include "tests/unit/expr/sample.h"

namespace cairn::expr {
namespace {

constexpr std::string_view kMin = "D38000000000000000";

std::string with(std::string_view head, std::string_view rest) { return std::string(head) + std::string(rest); }

TEST(ExprValue, IntegersWrapAround) {
    Sample record;
    EXPECT_EQ(record.packed("93 14 01 02"), "03");
    EXPECT_EQ(record.packed(with("93 14 FF", kMin)), "CF7FFFFFFFFFFFFFFF");
    EXPECT_EQ(record.packed("92 15 05"), "FB");                 // one argument is negated
    EXPECT_EQ(record.packed(with("92 1B", kMin)), kMin);        // abs
    EXPECT_EQ(record.packed(with("93 17", kMin) + "FF"), kMin);  // the processor cannot divide these
    EXPECT_EQ(record.packed(with("93 1A", kMin) + "FF"), "00");
}

TEST(ExprValue, DivisionTakesTheProductOfTheRest) {
    Sample record;
    EXPECT_EQ(record.packed("94 17 18 02 03"), "04");
    EXPECT_EQ(record.packed("92 17 CB4000000000000000"), "CB3FE0000000000000");  // 1/2.0
    EXPECT_EQ(record.packed("93 17 07 00"), "unknown");
    EXPECT_EQ(record.packed("93 1A 07 00"), "unknown");
    EXPECT_EQ(record.packed("93 17 F9 02"), "FD");  // toward zero
    EXPECT_EQ(record.packed("93 1A F9 02"), "FF");
}

TEST(ExprValue, FloatsAndIntegersDoNotMix) {
    Sample record;
    EXPECT_EQ(record.packed("93 14 01 CB3FF0000000000000"), "error");
    EXPECT_EQ(record.packed("92 1F 05"), "CB4014000000000000");
    EXPECT_EQ(record.packed("92 1E CBC004000000000000"), "FE");                // -2.5 -> -2
    EXPECT_EQ(record.packed("92 1E CB7FF0000000000000"), "D38000000000000000");  // infinity
    EXPECT_EQ(record.packed("93 18 CB4000000000000000 CB4008000000000000"), "CB4020000000000000");  // 2 ** 3
}

TEST(ExprValue, BitsAndShifts) {
    Sample record;
    EXPECT_EQ(record.packed("93 20 93 51 02 A169 04"), "04");
    EXPECT_EQ(record.packed("93 24 01 41"), "02");                      // by 65 is by 1
    EXPECT_EQ(record.packed("93 25 FF 3F"), "01");                      // logical
    EXPECT_EQ(record.packed("93 26 F8 01"), "FC");                      // arithmetic
    EXPECT_EQ(record.packed("92 27 FF"), "40");                         // count
    EXPECT_EQ(record.packed("93 28 08 C3"), "3C");                      // first 1 from the left
    EXPECT_EQ(record.packed("93 29 01 C2"), "3E");                      // first 0 from the right
    EXPECT_EQ(record.packed("93 28 00 C3"), "FF");                      // none
}

TEST(ExprValue, LetNamesValuesOnce) {
    Sample record;
    EXPECT_EQ(record.packed("94 7D A178 93 14 93 51 02 A169 01 93 14 92 7C A178 92 7C A178"), "0C");  // x = i+1: x+x
    EXPECT_EQ(record.packed("96 7D A178 01 A179 93 14 92 7C A178 01 92 7C A179"), "02");  // y sees x
    EXPECT_EQ(record.packed("94 7D A178 92 7C A178 01"), "error");                         // x does not see itself
    EXPECT_EQ(record.packed("94 7D A178 01 94 7D A178 02 92 7C A178"), "error");           // nor is it hidden
    EXPECT_EQ(record.packed("93 14 94 7D A178 01 92 7C A178 92 7C A178"), "error");        // its scope ends
    EXPECT_EQ(record.packed("94 7D A23178 01 02"), "error");                               // "1x"
}

TEST(ExprValue, CondTakesTheFirstTrueBranch) {
    Sample record;
    EXPECT_EQ(record.packed("94 7B C3 01 02"), "01");
    EXPECT_EQ(record.packed("96 7B C2 01 C2 02 03"), "03");
    EXPECT_EQ(record.packed("96 7B C2 01 91 00 02 03"), "unknown");  // a condition that is unknown ends it
    EXPECT_EQ(record.packed("94 7B C3 01 91 00"), "01");             // any branch may be unknown
    EXPECT_EQ(record.packed("94 7B C3 01 A20373"), "error");         // else they are of one type
    EXPECT_EQ(record.packed("93 7B C3 01"), "error");
}

TEST(ExprValue, Metadata) {
    Sample record;
    EXPECT_EQ(record.packed("91 46"), "A20376");
    EXPECT_EQ(record.packed("91 43"), "CD01F4");                  // updated 500 ms ago
    EXPECT_EQ(record.packed("91 45"), "FF");                      // lives for ever
    EXPECT_EQ(record.packed("91 44"), "FF");
    EXPECT_EQ(record.packed("91 47"), "C3");                      // has a key
    EXPECT_EQ(record.packed("91 48"), "C2");
    EXPECT_EQ(record.packed("92 40 03"), "01");                   // 10 % 3
    EXPECT_EQ(record.packed("92 40 FD"), "01");                   // 10 % -3
    EXPECT_EQ(record.packed("92 40 00"), "error");
    record.head().void_time = uint32_t(Sample::kNowMs / 1000) + 30;
    EXPECT_EQ(record.packed("91 45"), "1E");
    EXPECT_EQ(record.packed("91 44"), "CF1874F62D9E63AC00");  // (500000030 + 1262304000) s in ns
}

TEST(ExprValue, LiteralsStayAsTheyWereSent) {
    Sample record;
    EXPECT_EQ(record.packed("C0"), "C0");
    EXPECT_EQ(record.packed("A3046162"), "A3046162");
    EXPECT_EQ(record.packed("92 7E 93 C70001 02 01"), "93C700010201");
    EXPECT_EQ(record.packed("82 01 01 00 02"), "8201010002");
    EXPECT_EQ(record.packed("A161"), "error");    // no such kind of value
    EXPECT_EQ(record.packed("A0"), "error");
    EXPECT_EQ(record.packed("D4FF01"), "error");  // infinity
    EXPECT_EQ(record.packed("90"), "error");
    EXPECT_EQ(record.packed("92 7E 01"), "error");
    EXPECT_EQ(record.packed("AB177B2274797065223A317D"), "error");  // no GeoJSON
}

TEST(ExprValue, KeysAndValuesOfMaps) {
    Sample record;
    EXPECT_EQ(record.packed("92 65 93 51 05 A16D"), "92A20361A20362");
    EXPECT_EQ(record.packed("92 66 93 51 05 A16D"), "9201920506");
    EXPECT_EQ(record.packed("92 65 93 51 04 A16C"), "unknown");
    EXPECT_EQ(record.packed("92 65 80"), "90");
}

}  // namespace
}  // namespace cairn::expr
