#include "node/sindex/definition.h"

#include <gtest/gtest.h>

#include "node/sindex/listing.h"
#include "tests/unit/sindex/parameters.h"

namespace cairn::sindex {
namespace {

/// "ok", or "code:text".
std::string refused(std::string_view line) {
    const auto definition = parse(line);
    if (definition) return "ok";
    return std::to_string(int(definition.error().code)) + ":" + definition.error().detail;
}

constexpr const char* kTypes = " - must be one of 'numeric', 'string', 'blob', 'geo2dsphere'";

// Recorded from the original server.
TEST(Definition, IsRefusedWithTheKnownTexts) {
    const std::string long_name(64, 'x');
    EXPECT_EQ(refused(""), "4:missing 'indexname'");
    EXPECT_EQ(refused("ns=bar;indexname=x"), "4:both 'indexdata' and 'type' are missing");
    EXPECT_EQ(refused("ns=bar;indexname=x;bin=a"), "4:both 'indexdata' and 'type' are missing");
    EXPECT_EQ(refused("ns=bar;indexname=x;type=numeric"), "4:both 'bin' and 'exp' are missing");
    EXPECT_EQ(refused("ns=bar;bin=a;type=numeric"), "4:missing 'indexname'");
    EXPECT_EQ(refused("indexname=x;bin=a;type=numeric"), "20:missing 'namespace'");
    EXPECT_EQ(refused("ns=bar;indexname=x;bin=a;type=foo"), std::string("4:bad 'type'") + kTypes);
    EXPECT_EQ(refused("ns=bar;indexname=x;indexdata=a,foo"), std::string("4:bad 'indexdata' bin type") + kTypes);
    EXPECT_EQ(refused("ns=bar;indexname=x;indexdata=a"), "4:'indexdata' missing bin type");
    EXPECT_EQ(refused("ns=bar;indexname=x;indexdata="), "4:missing 'indexdata' value");
    EXPECT_EQ(refused("ns=bar;indexname=x;indexdata=,numeric"), "4:'indexdata' missing bin name");
    EXPECT_EQ(refused("ns=bar;indexname=x;bin=aaaaaaaaaaaaaaaa;type=numeric"), "4:'bin' value too long");
    EXPECT_EQ(refused("ns=bar;indexname=x;bin=a;type=numeric;indextype=foo"),
              "4:bad 'indextype' - must be one of 'default', 'list', 'mapkeys', 'mapvalues'");
    EXPECT_EQ(refused("ns=bar;indexname=x;bin=a;type=geo2dsphere;indextype=mapkeys"),
              "4:bad 'indexdata' bin type for 'indextype' 'mapkeys' - must be one of 'numeric', 'string', 'blob'");
    EXPECT_EQ(refused("ns=bar;indexname=x;bin=a;type=numeric;context=!!"), "4:'context' invalid base64");
    EXPECT_EQ(refused("ns=bar;indexname=x;bin=a;type=numeric;context="), "4:missing 'context' value");
    EXPECT_EQ(refused("ns=bar;indexname=x;bin=a;type=numeric;context=BQ=="), "4:'context' invalid cdt context");
    EXPECT_EQ(refused("ns=bar;indexname=x;bin=a;type=numeric;exp=BQ=="), "4:both 'bin' and 'exp' are specified");
    EXPECT_EQ(refused("ns=bar;indexname=x;type=numeric;exp=!!"), "4:bad 'exp'");
    EXPECT_EQ(refused("ns=bar;indexname=x;type=numeric;exp=kQ=="), "4:bad 'exp'");
    EXPECT_EQ(refused("ns=bar;indexname=x;type=string;exp=BQ=="), "4:bad 'exp'");
    EXPECT_EQ(refused("ns=bar;indexname=x;type=numeric;context=khBB;exp=BQ=="),
              "4:both 'context' and 'exp' are specified");
    EXPECT_EQ(refused("ns=bar;indexname=" + long_name + ";bin=a;type=numeric"), "4:'indexname' value too long");
    EXPECT_EQ(refused("ns=bar;indexname=;bin=a;type=numeric"), "4:missing 'indexname' value");
    EXPECT_EQ(refused("ns=bar;set=" + long_name + ";indexname=x;bin=a;type=numeric"), "4:'set' value too long");
    EXPECT_EQ(refused("ns=bar;indexname=x;indextype=set"), "4:missing 'set'");
    EXPECT_EQ(refused("ns=bar;set=q;indexname=x;indextype=set;bin=a"),
              "4:bin parameter is not supported for set index");
}

TEST(Definition, IsRefusedWithBothFormsOfType) {
    EXPECT_EQ(refused("ns=bar;indexname=x;bin=a;type=numeric;indexdata=a,numeric"),
              "4:both 'indexdata' and 'type' are specified");
}

// Two queries mean the same index when their contexts are the same bytes.
TEST(Definition, TakesContextsInTheirSmallestFormOnly) {
    EXPECT_EQ(refused("ns=bar;indexname=x;bin=a;type=numeric;context=kiKjA2lu"), "ok");          // 92 22 A3 03 "in"
    EXPECT_EQ(refused("ns=bar;indexname=x;bin=a;type=numeric;context=3AACIqMDaW4="),             // DC 0002 22 ..
              "4:'context' invalid cdt context");
    EXPECT_EQ(refused("ns=bar;indexname=x;bin=a;type=numeric;context=kswiowNpbg=="),             // 92 CC22 ..
              "4:'context' invalid cdt context");
    EXPECT_EQ(refused("ns=bar;indexname=x;bin=a;type=numeric;context=kiKjA2luAA=="),             // a byte too many
              "4:'context' invalid cdt context");
}

TEST(Definition, HasWhatWasSent) {
    const auto definition = parse("ns=bar;set=q;indexname=qls;indextype=LIST;bin=l;type=STRING;context=kiKjA2lu");

    ASSERT_TRUE(definition);
    EXPECT_EQ(*definition, (Definition{.name = "qls",
                                       .set = "q",
                                       .bin = "l",
                                       .index_type = IndexType::list,
                                       .type = ValueType::string,
                                       .context = "\x92\x22\xA3\x03in"}));
    EXPECT_EQ(*parse("ns=bar;indexname=i;indexdata=a,Integer"), (Definition{.name = "i", .bin = "a"}));
}

// 93 14 93 51 02 A1 61 64: bin "a" + 100.
TEST(Definition, TakesAnExpression) {
    const auto definition = parse("ns=bar;set=q;indexname=qe;type=numeric;exp=kxSTUQKhYWQ=");

    ASSERT_TRUE(definition);
    EXPECT_EQ(definition->expression, "\x93\x14\x93\x51\x02\xA1\x61\x64");
    EXPECT_EQ(definition->bin, "");
}

TEST(Definition, RefusesAnExpressionOfAnotherType) {
    EXPECT_EQ(refused("ns=bar;indexname=x;type=string;exp=kxSTUQKhYWQ="),
              "4:bad 'exp' - expression type 'integer' does not match expected type 'string'");
    EXPECT_EQ(refused("ns=bar;indexname=x;type=numeric;indextype=list;exp=kxSTUQKhYWQ="),
              "4:bad 'exp' - expression type 'integer' does not match expected type 'list'");
}

// Entries are found again by computing them from the record's bins, whenever that is.
TEST(Definition, RefusesAnExpressionOverMoreThanBins) {
    EXPECT_EQ(refused("ns=bar;indexname=x;type=numeric;exp=kUY="), "4:bad 'exp'");       // 91 46: set name
    EXPECT_EQ(refused("ns=bar;indexname=x;type=numeric;exp=kUU="), "4:bad 'exp'");       // 91 45: ttl
    EXPECT_EQ(refused("ns=bar;indexname=x;type=numeric;exp=klAC"), "4:bad 'exp'");       // 92 50 02: the key
    // Sums with bin "a": of the key, of the time to live.
    EXPECT_EQ(refused("ns=bar;indexname=x;type=numeric;exp=kxSSUAKTUQKhYQ=="), "4:bad 'exp'");
    EXPECT_EQ(refused("ns=bar;indexname=x;type=numeric;exp=kxSRRZNRAqFh"), "4:bad 'exp'");
    EXPECT_EQ(refused("ns=bar;indexname=x;type=numeric;exp=kkAD"), "ok");                // 92 40 03: digest modulo 3
}

TEST(Definition, IsListedAsItWasCreated) {
    const auto listed = [](std::string_view line) { return list_entry("bar", *parse(line), State::readable); };

    EXPECT_EQ(listed("ns=bar;indexname=ok1;bin=a;type=numeric"),
              "ns=bar:indexname=ok1:set=null:bin=a:type=numeric:indextype=default:context=null:exp=null:state=RW");
    EXPECT_EQ(listed("ns=bar;set=q;indexname=m;bin=a;type=blob;indextype=MAPVALUES;context=kiKjA2lu"),
              "ns=bar:indexname=m:set=q:bin=a:type=blob:indextype=mapvalues:context=kiKjA2lu:exp=null:state=RW");
    EXPECT_EQ(listed("ns=bar;indexname=qe;type=numeric;exp=kxSTUQKhYWQ="),
              "ns=bar:indexname=qe:set=null:bin=null:type=numeric:indextype=default:context=null:exp=kxSTUQKhYWQ=:"
              "state=RW");
    EXPECT_EQ(listed("ns=bar;set=q;indexname=s;indextype=set"), "ns=bar:indexname=s:set=q:indextype=set");
}

TEST(Definition, IsListedWithTheNewerNameOfItsType) {
    EXPECT_EQ(list_entry("bar", *parse("ns=bar;indexname=i;bin=a;type=numeric"), State::writing, /*integer=*/true),
              "ns=bar:indexname=i:set=null:bin=a:type=integer:indextype=default:context=null:exp=null:state=WO");
}

TEST(Statistics, AreInTheKnownOrder) {
    const Statistics statistics{.entries = 1283,
                                .used_bytes = 16777216,
                                .entries_per_value = 13,
                                .entries_per_record = 1,
                                .load_percent = 100,
                                .load_time_s = 48};

    EXPECT_EQ(statistics_text(statistics),
              "entries=1283;used_bytes=16777216;entries_per_bval=13;entries_per_rec=1;load_pct=100;load_time=48;"
              "stat_gc_recs=0");
}

}  // namespace
}  // namespace cairn::sindex
