#include "common/client/key.h"

#include <gtest/gtest.h>

namespace cairn::client {
namespace {

std::string digest_hex(std::string_view set, const Value& key) {
    return to_hex(Digester::create()->digest(set, key).bytes);
}

// Digests computed with an official client.
TEST(Digester, AgreesWithTheOfficialClients) {
    EXPECT_EQ(digest_hex("demo", Value::text("k1")), "B747F5854D0B33259928D0CFAB7FAD81D6ABFBF6");
    EXPECT_EQ(digest_hex("demo", Value::integer(7)), "DC2E595BC2A0D8C6290C474D74E71B23E3ED846A");
    EXPECT_EQ(digest_hex("demo", Value::integer(-1)), "E9D49A24C3DEBDC5A6D551D3E7087999A263BB97");
    EXPECT_EQ(digest_hex("", Value::integer(1)), "A443F05D05D962202B59ABB402AFAE1737DBF66A");
    EXPECT_EQ(digest_hex("", Value::text("")), "B2AFADD73B9922F395573A52E7032B7597FF8C3E");
    EXPECT_EQ(digest_hex("demo", Value::integer(INT64_MAX)), "6964C1DF0D52ACF332AEF2BFDD54BA366285D051");
}

TEST(Digester, PartitionIsTheLowTwelveBitsOfTheFirstTwoBytesLittleEndian) {
    auto digester = Digester::create();
    EXPECT_EQ(digester->digest("demo", Value::text("k1")).partition(), 1975);
    EXPECT_EQ(digester->digest("", Value::text("")).partition(), 4018);
}

TEST(Digester, AnIntegerKeyNeedsNoValue) {
    auto digester = Digester::create();
    EXPECT_EQ(digester->digest("demo", 7), digester->digest("demo", Value::integer(7)));
}

}  // namespace
}  // namespace cairn::client
