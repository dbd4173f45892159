#include "node/sindex/record_values.h"

#include "common/base64/base64.h"
#include "node/geo/region.h"
#include "node/sindex/value_hash.h"
#include "tests/unit/sindex/parameters.h"
#include "tests/unit/sindex/stored_record.h"

namespace cairn::sindex {
namespace {

constexpr std::string_view kPoint = R"({"type":"Point","coordinates":[1.5,1.5]})";
constexpr std::string_view kCircle = R"({"type":"AeroCircle","coordinates":[[1.5,1.5],20000]})";

/// Values that a record gives to the index that `line` asks for.
std::vector<Value> values(const std::string& line, StoredRecord& record) {
    const auto definition = parse("ns=test;indexname=i;" + line);
    EXPECT_TRUE(definition) << definition.error().detail;
    RecordValues of(*definition);
    std::vector<Value> found;
    of.of(record.subject(), found);
    return found;
}

std::vector<Value> integers(std::initializer_list<int64_t> integers) {
    std::vector<Value> values;
    for (const int64_t integer : integers) values.push_back(value_of_integer(integer));
    return values;
}

std::vector<Value> hashes(std::initializer_list<std::string_view> texts) {
    std::vector<Value> values;
    for (const std::string_view text : texts) values.push_back(value_hash(as_bytes(text)));
    std::ranges::sort(values);
    return values;
}

std::vector<Value> cells(std::string_view text) { return geo::Region::parse(text)->covering(); }

TEST(RecordValues, OfABin) {
    StoredRecord record;
    record.integer("a", -7).string("s", "s1").blob("b", "0101").geojson("p", kPoint).geojson("c", kCircle);

    EXPECT_EQ(values("bin=a;type=numeric", record), integers({-7}));
    EXPECT_EQ(values("bin=s;type=string", record), hashes({"s1"}));
    EXPECT_EQ(values("bin=b;type=blob", record), hashes({"\x01\x01"}));
    EXPECT_EQ(values("bin=p;type=geo2dsphere", record), cells(kPoint));
    EXPECT_EQ(values("bin=c;type=geo2dsphere", record), cells(kCircle));
    EXPECT_GT(cells(kCircle).size(), 1);
}

TEST(RecordValues, OfAnotherTypeAreNone) {
    StoredRecord record;
    record.integer("a", 5).string("s", "s1").list("l", "93 01 02 03");

    EXPECT_TRUE(values("bin=a;type=string", record).empty());
    EXPECT_TRUE(values("bin=s;type=numeric", record).empty());
    EXPECT_TRUE(values("bin=s;type=blob", record).empty());
    EXPECT_TRUE(values("bin=l;type=numeric", record).empty());
    EXPECT_TRUE(values("bin=none;type=numeric", record).empty());
    EXPECT_TRUE(values("bin=a;type=numeric;indextype=list", record).empty());
    EXPECT_TRUE(values("bin=l;type=numeric;indextype=mapvalues", record).empty());
}

// 3, "e1", 3, 2.5, blob 07, [9]: the inner list is one element.
TEST(RecordValues, OfAListAreItsElementsOnce) {
    StoredRecord record;
    record.list("l", "96 03 A3036531 03 CB4004000000000000 A20407 91 09");

    EXPECT_EQ(values("bin=l;type=numeric;indextype=list", record), integers({3}));
    EXPECT_EQ(values("bin=l;type=string;indextype=list", record), hashes({"e1"}));
    EXPECT_EQ(values("bin=l;type=blob;indextype=list", record), hashes({"\x07"}));
}

// {"k1": 4, "z": "s0"} with metadata, and an ordered list [1, 2].
TEST(RecordValues, PassOverMetadata) {
    StoredRecord record;
    record.map("m", "83 C70001 C0 A3036B31 04 A2037A A3037330").list("o", "93 C70001 01 02");

    EXPECT_EQ(values("bin=m;type=string;indextype=mapkeys", record), hashes({"k1", "z"}));
    EXPECT_EQ(values("bin=m;type=numeric;indextype=mapvalues", record), integers({4}));
    EXPECT_EQ(values("bin=m;type=string;indextype=mapvalues", record), hashes({"s0"}));
    EXPECT_EQ(values("bin=o;type=numeric;indextype=list", record), integers({1, 2}));
}

TEST(RecordValues, OfALongListAreAll) {
    std::string hex = "DC 00C8";  // 200 elements: it is stored with places of some
    for (int i = 0; i < 200; ++i) hex += i < 100 ? " 01" : " 02";
    StoredRecord record;
    record.list("l", hex);

    EXPECT_EQ(values("bin=l;type=numeric;indextype=list", record), integers({1, 2}));
}

// {"in": [5, 6], "n": 7}
TEST(RecordValues, OfAContext) {
    StoredRecord record;
    record.map("m", "82 A303696E 92 05 06 A2036E 07").integer("a", 1);
    const std::string in = ";context=" + encode_base64("\x92\x22\xA3\x03in");
    const std::string n = ";context=" + encode_base64("\x92\x22\xA2\x03n");
    const std::string absent = ";context=" + encode_base64("\x92\x22\xA2\x03x");
    const std::string second = ";context=" + encode_base64(std::string_view("\x94\x22\xA3\x03in\x10\x01", 8));

    EXPECT_EQ(values("bin=m;type=numeric;indextype=list" + in, record), integers({5, 6}));
    EXPECT_EQ(values("bin=m;type=numeric" + n, record), integers({7}));
    EXPECT_EQ(values("bin=m;type=numeric" + second, record), integers({6}));
    EXPECT_TRUE(values("bin=m;type=numeric" + in, record).empty());
    EXPECT_TRUE(values("bin=m;type=numeric" + absent, record).empty());
    EXPECT_TRUE(values("bin=a;type=numeric" + n, record).empty());
}

// bin "a" + 100, and the list bin "l" as it is.
TEST(RecordValues, OfAnExpression) {
    const std::string sum = ";exp=" + encode_base64("\x93\x14\x93\x51\x02\xA1\x61\x64");
    const std::string list = ";exp=" + encode_base64("\x93\x51\x04\xA1l");
    StoredRecord record;
    record.integer("a", 5).list("l", "92 08 09");
    StoredRecord without;

    EXPECT_EQ(values("type=numeric" + sum, record), integers({105}));
    EXPECT_EQ(values("type=numeric;indextype=list" + list, record), integers({8, 9}));
    EXPECT_TRUE(values("type=numeric" + sum, without).empty());
}

TEST(RecordValues, OfGeojsonInsideAListAreItsCells) {
    std::string list = "\x92";
    for (const std::string_view text : {kPoint, kCircle}) {
        list += "\xD9";
        list += char(text.size() + 1);
        list += "\x17" + std::string(text);
    }
    StoredRecord record;
    record.set("l", wire::Particle::list, as_bytes(list));
    auto expected = cells(kCircle);
    expected.push_back(cells(kPoint)[0]);
    std::ranges::sort(expected);

    EXPECT_EQ(values("bin=l;type=geo2dsphere;indextype=list", record), expected);
}

TEST(RecordValues, OfLongStringsAreNone) {
    StoredRecord record;
    record.string("short", std::string(2047, 'x')).string("long", std::string(2048, 'x'));

    EXPECT_EQ(values("bin=short;type=string", record).size(), 1);
    EXPECT_TRUE(values("bin=long;type=string", record).empty());
}

TEST(RecordValues, OfAnotherSetAreNone) {
    StoredRecord record("other");
    record.integer("a", 5);

    EXPECT_TRUE(values("set=q;bin=a;type=numeric", record).empty());
    EXPECT_EQ(values("bin=a;type=numeric", record), integers({5}));
}

TEST(RecordValues, AnIndexOfASetHasNone) {
    StoredRecord record;
    record.integer("", 5);

    EXPECT_TRUE(values("set=q;indextype=set", record).empty());
}

}  // namespace
}  // namespace cairn::sindex
