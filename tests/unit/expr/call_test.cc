#include "tests/unit/expr/sample.h"

namespace cairn::expr {
namespace {

TEST(ExprCall, ReadsInListsAndMaps) {
    Sample record;
    EXPECT_EQ(record.packed("95 7F 02 00 91 10 93 51 04 A16C"), "04");                      // size of l
    EXPECT_EQ(record.packed("95 7F 02 00 93 13 07 00 93 51 04 A16C"), "03");                // l[0]
    EXPECT_EQ(record.packed("95 7F 02 00 93 61 07 A20361 93 51 05 A16D"), "01");            // m["a"]
    EXPECT_EQ(record.packed("95 7F 02 00 93 CCFF 92 22 A20362 91 10 93 51 05 A16D"), "02");  // size of m["b"]
}

TEST(ExprCall, ArgumentsAreExpressions) {
    Sample record;
    // The first of l where the index is its size - 4; of values [1,2] the count.
    EXPECT_EQ(record.packed("95 7F 02 00 93 13 07 93 15 95 7F 02 00 91 10 93 51 04 A16C 04 93 51 04 A16C"), "03");
    EXPECT_EQ(record.packed("95 7F 02 00 93 17 05 92 7E 92 01 02 93 51 04 A16C"), "02");
    EXPECT_EQ(record.program().nodes.size(), 2u);  // a quoted list became part of the operation
    EXPECT_EQ(record.packed("95 7F 02 00 93 13 07 93 51 02 A178 93 51 04 A16C"), "unknown");
}

TEST(ExprCall, AnswersOfAnotherTypeAreUnknown) {
    Sample record;
    EXPECT_EQ(record.packed("95 7F 03 00 91 10 93 51 04 A16C"), "unknown");
    EXPECT_EQ(record.packed("95 7F 02 00 93 13 07 63 93 51 04 A16C"), "unknown");  // no l[99]
    EXPECT_EQ(record.packed("95 7F 02 00 91 10 93 51 03 A173"), "error");          // s is no collection
    EXPECT_EQ(record.packed("95 7F 0A 00 91 10 93 51 04 A16C"), "error");          // no such type
    EXPECT_EQ(record.packed("95 7F 02 09 91 10 93 51 04 A16C"), "error");          // no such system
}

TEST(ExprCall, ModifiesACopy) {
    Sample record;
    EXPECT_EQ(record.packed("95 7F 04 40 92 01 05 93 51 04 A16C"), "95030102A2037805");
    EXPECT_EQ(record.packed("95 7F 04 40 92 01 05 C0"), "9105");  // of nothing a list is made
    EXPECT_EQ(record.packed("93 51 04 A16C"), "94030102A20378");
    EXPECT_EQ(record.packed("95 7F 04 40 91 10 93 51 04 A16C"), "unknown");  // size changes nothing
}

TEST(ExprCall, CollectionsAsTheyWereSentAreCheckedFirst) {
    Sample record;
    EXPECT_EQ(record.packed("95 7F 04 40 92 01 05 92 7E 92 01 02"), "93010205");
    // {1:1, 0:2} is sorted, [1 unsorted under an ordered flag] is refused.
    EXPECT_EQ(record.packed("95 7F 02 00 93 62 07 00 82 01 01 00 02"), "02");
    EXPECT_EQ(record.packed("95 7F 02 00 91 10 92 7E 93 C70001 02 01"), "unknown");
}

TEST(ExprCall, Bits) {
    Sample record;
    EXPECT_EQ(record.packed("95 7F 02 01 93 33 00 08 93 51 06 A162"), "04");
    EXPECT_EQ(record.packed("95 7F 06 41 95 03 00 08 A204FF 00 93 51 06 A162"), "A304FF33");
    EXPECT_EQ(record.packed("95 7F 02 01 93 33 00 08 C0"), "unknown");
    EXPECT_EQ(record.packed("95 7F 02 01 93 33 00 08 93 51 03 A173"), "error");
}

}  // namespace
}  // namespace cairn::expr
