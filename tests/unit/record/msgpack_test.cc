#include "node/record/msgpack.h"

#include <gtest/gtest.h>

#include "tests/unit/record/hex.h"

namespace cairn::record::msgpack {
namespace {

int sign(int value) { return value < 0 ? -1 : value > 0 ? 1 : 0; }
int compare_hex(std::string_view a, std::string_view b) { return sign(compare(from_hex(a), from_hex(b))); }

template <class Write>
std::string written(Write write) {
    Buffer out;
    write(out);
    return to_hex(out.bytes());
}

TEST(Msgpack, IntegersTakeTheirSmallestForm) {
    const std::pair<int64_t, const char*> cases[] = {
        {0, "00"},
        {127, "7F"},
        {128, "CC80"},
        {255, "CCFF"},
        {256, "CD0100"},
        {65536, "CE00010000"},
        {int64_t{1} << 32, "CF0000000100000000"},
        {INT64_MAX, "CF7FFFFFFFFFFFFFFF"},
        {-1, "FF"},
        {-32, "E0"},
        {-33, "D0DF"},
        {-128, "D080"},
        {-129, "D1FF7F"},
        {-32769, "D2FFFF7FFF"},
        {INT64_MIN, "D38000000000000000"},
    };
    for (const auto& [value, hex] : cases) {
        EXPECT_EQ(written([&](Buffer& out) { write_int(out, value); }), hex);
        Element element;
        ASSERT_TRUE(Reader(from_hex(hex)).next(element));
        EXPECT_EQ(element.integer, value);
        EXPECT_TRUE(element.canonical) << hex;
    }
}

TEST(Msgpack, HeadersGrowWithWhatTheyCount) {
    EXPECT_EQ(written([](Buffer& out) { write_list_header(out, 15); }), "9F");
    EXPECT_EQ(written([](Buffer& out) { write_list_header(out, 16); }), "DC0010");
    EXPECT_EQ(written([](Buffer& out) { write_map_header(out, 65536); }), "DF00010000");
    EXPECT_EQ(written([](Buffer& out) { write_string(out, "x"); }), "A20378");
    EXPECT_EQ(written([](Buffer& out) { write_string(out, std::string(31, 'x')); }).substr(0, 6), "D92003");
}

TEST(Msgpack, LongerFormsAreReadAndKnownAsSuch) {
    for (const char* hex :
         {"CC05", "CD0005", "CE00000005", "CF0000000000000005", "D005", "D10005", "D200000005", "D30000000000000005"}) {
        Element element;
        ASSERT_TRUE(Reader(from_hex(hex)).next(element));
        EXPECT_EQ(element.integer, 5) << hex;
        EXPECT_FALSE(element.canonical) << hex;
    }
}

TEST(Msgpack, ACutValueIsRefused) {
    for (const char* hex : {"", "CC", "CD00", "CF000000", "CB0000", "A203", "D9", "DBFFFFFFFF03", "C702", "C70201AA",
                            "D4", "D4FF", "DC00", "C1"}) {
        Element element;
        const auto bytes = from_hex(hex);  // exact size, so that a step over the end is seen by the sanitizer
        EXPECT_FALSE(Reader(bytes).next(element)) << hex;
    }
}

TEST(Msgpack, SkipPassesOneValueOfAnyDepth) {
    std::vector<uint8_t> nested(100'000, 0x91);
    nested.push_back(0x90);
    nested.push_back(0x07);
    Reader reader(nested);
    ASSERT_TRUE(reader.skip());
    EXPECT_EQ(reader.position(), 100'001u);
}

TEST(Msgpack, ValuesSortByKindFirst) {
    // nil false true -1 0 "a" [] {} blob 1.0 geojson ext infinity
    const char* ascending[] = {"C0",     "C2",     "C3",    "FF",     "00",
                               "A20361", "90",     "80",    "A20461", "CB3FF0000000000000",
                               "A21761", "D40500", "D4FF01"};
    for (size_t i = 0; i < std::size(ascending); ++i) {
        for (size_t j = 0; j < std::size(ascending); ++j) {
            EXPECT_EQ(compare_hex(ascending[i], ascending[j]), i < j ? -1 : i > j ? 1 : 0) << i << " " << j;
        }
    }
}

TEST(Msgpack, EncodingsOfOneValueAreEqual) {
    EXPECT_EQ(compare_hex("05", "D30000000000000005"), 0);
    EXPECT_EQ(compare_hex("A20361", "C4020361"), 0);
    EXPECT_EQ(compare_hex("CA3FC00000", "CB3FF8000000000000"), 0);
    EXPECT_EQ(compare_hex("920102", "DC00020102"), 0);
    EXPECT_EQ(compare_hex("CFFFFFFFFFFFFFFFFF", "FF"), 0);  // above the range: its bit pattern
}

TEST(Msgpack, ListsCompareElementByElementThenByLength) {
    EXPECT_EQ(compare_hex("920103", "93010201"), 1);
    EXPECT_EQ(compare_hex("9101", "920100"), -1);
    EXPECT_EQ(compare_hex("92 9101 05", "92 920100 00"), -1);
    EXPECT_EQ(compare_hex("92 9101 05", "92 9101 04"), 1);
    EXPECT_EQ(compare_hex("92 90 05", "92 90 05"), 0);
}

TEST(Msgpack, MapsCompareByCountThenPairs) {
    EXPECT_EQ(compare_hex("810909", "8201010202"), -1);
    EXPECT_EQ(compare_hex("810101", "810102"), -1);
    EXPECT_EQ(compare_hex("810201", "810102"), 1);
}

TEST(Msgpack, MetadataDoesNotCount) {
    EXPECT_EQ(compare_hex("92 C70001 01", "9101"), 0);
    EXPECT_EQ(compare_hex("82 C70001 C0 0102", "810102"), 0);
}

TEST(Msgpack, AWildcardEndsTheComparisonAsEqual) {
    EXPECT_EQ(compare_hex("92 01 D4FF00", "94 01 02 03 04"), 0);
    EXPECT_EQ(compare_hex("94 01 02 03 04", "92 01 D4FF00"), 0);
    EXPECT_EQ(compare_hex("9101", "92 01 D4FF00"), -1);
    EXPECT_EQ(compare_hex("92 02 D4FF00", "9101"), 1);
    EXPECT_EQ(compare_hex("92 01 D4FF01", "93 01 80 05"), 1);  // infinity
}

TEST(Msgpack, NanSortsBeforeOtherDoubles) {
    EXPECT_EQ(compare_hex("CB7FF8000000000000", "CBFFF0000000000000"), -1);
    EXPECT_EQ(compare_hex("CB7FF8000000000000", "CBFFF8000000000000"), 0);
    EXPECT_EQ(compare_hex("CB8000000000000000", "CB0000000000000000"), 0);  // -0.0
}

TEST(Msgpack, ComparingTooDeepValuesIsSafe) {
    const std::vector<uint8_t> deep(100'000, 0x91);
    EXPECT_EQ(compare(deep, deep), 0);
}

}  // namespace
}  // namespace cairn::record::msgpack
