#include "node/expr/path.h"

#include "tests/unit/expr/sample.h"

namespace cairn::expr {
namespace {

/// {"l":[3,1,2], "m":{"x":1,"y":{"z":[1]}}, "o":ordered [1,2,3], "s":"str", "u":{"q":5}}, ordered by key.
constexpr std::string_view kMap =
    "86 C70001 C0 A2036C 93030102 A2036D 83C70001C0 A20378 01 A20379 81 A2037A 91 01"
    "A2036F 94C70001010203 A20373 A403737472 A20375 81 A20371 05";

class PathTest : public testing::Test {
protected:
    /// @return  the answer in hex, or the number of its error.
    std::string run(bool modifies, std::string_view operation) {
        const auto bytes = from_hex(operation);
        const auto bin = from_hex(kMap);
        record::ParticleValue answer;
        const ResultCode code =
            path_operation(bytes, modifies, program_, sample_.subject(), {wire::Particle::map, bin}, memory_, answer);
        return code == ResultCode::ok ? Sample::hex_of(answer.bytes) : std::to_string(int(code));
    }
    std::string read(std::string_view operation) { return run(false, operation); }
    std::string modify(std::string_view operation) { return run(true, operation); }

    Sample sample_;
    Program program_;
    record::Memory memory_;
};

TEST_F(PathTest, AnswersATreeOrWhatIsInIt) {
    EXPECT_EQ(read("93 CCFE 94 22 A2036C 04 C3 00"), "81A2036C93030102");  // all of "l"
    EXPECT_EQ(read("93 CCFE 94 22 A2036C 04 C3 01"), "93030102");
    EXPECT_EQ(read("93 CCFE 92 04 C3 02"), "95A2036CA2036DA2036FA20373A20375");
    EXPECT_EQ(read("93 CCFE 92 22 A20373 03"), "92A20373A403737472");
    EXPECT_EQ(read("93 CCFE 94 22 A2036C 04 C3 02"), "12");  // lists have no keys
}

TEST_F(PathTest, StepsTakeChildren) {
    EXPECT_EQ(read("93 CCFE 94 22 A2036C 10 FF 01"), "9102");              // last of "l"
    EXPECT_EQ(read("93 CCFE 94 22 A2036C 11 00 01"), "9101");              // smallest
    EXPECT_EQ(read("93 CCFE 94 22 A2036C 13 01 01"), "9101");              // 1
    EXPECT_EQ(read("93 CCFE 92 2A 92 A2036C A20373 02"), "92A2036CA20373");  // keys
    EXPECT_EQ(read("93 CCFE 92 22 A2037A 01"), "90");
    EXPECT_EQ(read("93 CCFE 92 10 00 01"), "90");  // of lists only
}

TEST_F(PathTest, FiltersSeeKeyValueAndIndex) {
    EXPECT_EQ(read("93 CCFE 92 04 93 01 93 7A 03 00 A20373 01"), "91A403737472");         // key == "s"
    EXPECT_EQ(read("93 CCFE 94 22 A2036C 04 93 03 93 7A 02 01 01 01"), "920302");         // value > 1
    EXPECT_EQ(read("93 CCFE 94 22 A2036F 04 93 03 93 7A 02 02 00 01"), "920203");         // index > 0
    EXPECT_EQ(read("93 CCFE 94 22 A2036D 04 93 03 93 7A 02 01 00 01"), "4");              // "y" is no integer
    EXPECT_EQ(read("93 CCFE 94 22 A2036D 04 93 03 93 7A 02 01 00 00"), "4");
    EXPECT_EQ(read("93 CCFE 94 22 A2036D 04 93 03 93 7A 02 01 00 10"), "81A2036D81A2037801");
    EXPECT_EQ(read("93 CCFE 94 22 A2036C CD0204 C2 01"), "4");                            // a literal is no filter
    EXPECT_EQ(read("93 CCFE 92 CD0204 C3 01"), "4");                                      // nothing before it
    EXPECT_EQ(read("93 CCFE 94 22 A2036C CD0204 C3 01"), "9193030102");
}

TEST_F(PathTest, AppliesNewValues) {
    const std::string rest =
        "A2036D83C70001C0A2037801A2037981A2037A9101A2036F94C70001010203A20373A403737472A2037581A2037105";
    EXPECT_EQ(modify("94 CCFE 94 22 A2036C 04 C3 04 93 14 93 7A 02 01 0A"), "86C70001C0A2036C930D0B0C" + rest);
    EXPECT_EQ(modify("94 CCFE 94 22 A2036C 04 93 03 93 7A 02 01 01 04 91 64"), "86C70001C0A2036C9101" + rest);
    EXPECT_EQ(modify("94 CCFE 92 04 C3 14 93 14 93 7A 02 01 01"), "86C70001C0A2036C93030102" + rest);
    EXPECT_EQ(modify("94 CCFE 92 04 C3 04 93 14 93 7A 02 01 01"), "1");  // no integers to add to
    EXPECT_EQ(modify("94 CCFE 92 04 C3 00 05"), "4");
    EXPECT_EQ(modify("93 CCFE 92 04 C3 04"), "4");
}

TEST_F(PathTest, OrderedListsAreSortedAgain) {
    const auto changed = modify("94 CCFE 94 22 A2036F 04 C3 04 93 16 93 7A 02 01 FF");  // times -1
    EXPECT_NE(changed.find("94C70001FDFEFF"), std::string::npos) << changed;
}

TEST_F(PathTest, AreExpressionsToo) {
    // All values of m above 0 that are integers; l with 1 added to each, in a copy.
    EXPECT_EQ(sample_.packed("95 7F 04 00 93 CCFE 92 04 93 03 93 7A 02 01 00 11 93 51 05 A16D"), "9101");
    EXPECT_EQ(sample_.packed("95 7F 04 40 94 CCFE 92 13 02 04 93 14 93 7A 02 01 01 93 51 04 A16C"), "94030103A20378");
    EXPECT_EQ(sample_.packed("93 7A 02 01"), "unknown");  // outside of a path
}

}  // namespace
}  // namespace cairn::expr
