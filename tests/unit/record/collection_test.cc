#include "node/record/collection.h"

#include <gtest/gtest.h>

#include <random>

#include "node/record/msgpack.h"
#include "tests/unit/record/hex.h"

namespace cairn::record {
namespace {

using wire::Particle;

struct Outcome {
    ResultCode code;
    std::string hex;  // what was appended
    bool operator==(const Outcome&) const = default;
};

void PrintTo(const Outcome& outcome, std::ostream* out) { *out << int(outcome.code) << " " << outcome.hex; }

Outcome normalise(Particle type, Bytes in) {
    Buffer out;
    const ResultCode code = normalise_collection(type, in, out);
    return {code, to_hex(out.bytes())};
}

Outcome normalise(Particle type, std::string_view hex) { return normalise(type, from_hex(hex)); }
Outcome ok(std::string_view hex) { return {ResultCode::ok, to_hex(from_hex(hex))}; }
const Outcome refused{ResultCode::server_error, ""};

TEST(Collection, WhatIsInNormalFormStaysAsItIs) {
    for (const char* hex :
         {"90", "91C70001", "93 C70001 01 02", "93 C70001 01 01", "91 CA3FC00000", "91 D40500", "92 01 C70001",
          "92 D40100 01",  // metadata of fixed size
          "91 93 C70001 01 02", "91 CFFFFFFFFFFFFFFFFF", "92 C2 C3", "91 C0", "91 A3177879", "91 A0", "91 A161",
          "91 A3126162", "99 C70001 C0 C2 C3 01 A20361 9101 8101A20461 CB3FF0000000000000"}) {
        EXPECT_EQ(normalise(Particle::list, hex), ok(hex)) << hex;
    }
    for (const char* hex : {"80", "81 C70001 C0", "81 C70003 C0", "83 C70001 C0 0102 0304", "81 A2036B 01",
                            "81 A2046B 01", "82 C70002 C0 0102", "81 01 02"}) {
        EXPECT_EQ(normalise(Particle::map, hex), ok(hex)) << hex;
    }
}

TEST(Collection, EncodingsBecomeTheSmallest) {
    EXPECT_EQ(normalise(Particle::list, "92 CD0001 CE00000002"), ok("920102"));
    EXPECT_EQ(normalise(Particle::list, "92 D005 D1FFFF"), ok("9205FF"));
    EXPECT_EQ(normalise(Particle::list, "91 D30000000000000005"), ok("9105"));
    EXPECT_EQ(normalise(Particle::list, "91 DB00000003036162"), ok("91A3036162"));
    EXPECT_EQ(normalise(Particle::list, "91 C500020461"), ok("91A20461"));
    EXPECT_EQ(normalise(Particle::list, "DD00000002 01 02"), ok("920102"));
    EXPECT_EQ(normalise(Particle::map, "DE0001 01 02"), ok("810102"));
}

TEST(Collection, MetadataKeepsOnlyKnownFlags) {
    EXPECT_EQ(normalise(Particle::list, "92 C70002 01"), ok("9101"));
    EXPECT_EQ(normalise(Particle::list, "92 C70010 01"), ok("9101"));
    EXPECT_EQ(normalise(Particle::list, "92 C70011 01"), ok("92C7000101"));
    EXPECT_EQ(normalise(Particle::list, "91 C7020A6162"), ok("90"));
    EXPECT_EQ(normalise(Particle::list, "93 C70201AABB 01 02"), ok("93C700010102"));
    EXPECT_EQ(normalise(Particle::map, "82 C70008 C0 0102"), ok("810102"));
    EXPECT_EQ(normalise(Particle::map, "82 C70011 C0 0102"), ok("82C70001C00102"));
    EXPECT_EQ(normalise(Particle::map, "82 C70001 01 0102"), ok("82C70001C00102"));
}

TEST(Collection, UnorderedMapsAreSortedAtEveryDepth) {
    EXPECT_EQ(normalise(Particle::map, "82 0304 0102"), ok("82 0102 0304"));
    EXPECT_EQ(normalise(Particle::list, "91 82 0304 0102"), ok("91 82 0102 0304"));
    EXPECT_EQ(normalise(Particle::map, "83 A20361 02 07 82 0304 0102 A20461 05"),
              ok("83 07 82 0102 0304 A20361 02 A20461 05"));
    // A list is ordered by what it holds after that.
    EXPECT_EQ(normalise(Particle::list, "93 C70001 82 0304 0102 82 0105 0304"),
              ok("93 C70001 82 0102 0304 82 0105 0304"));
}

TEST(Collection, KeysThatShareTheirBeginningAreSorted) {
    EXPECT_EQ(
        normalise(Particle::map, "83 AB0361616161616161616162 01 AB0361616161616161616161 02 A90361616161616161 61 03"),
        ok("83 A9036161616161616161 03 AB0361616161616161616161 02 AB0361616161616161616162 01"));
}

TEST(Collection, UnsortedOrderedContainersAreRefused) {
    EXPECT_EQ(normalise(Particle::list, "93 C70001 02 01"), refused);
    EXPECT_EQ(normalise(Particle::map, "83 C70001 C0 0304 0102"), refused);
    EXPECT_EQ(normalise(Particle::list, "91 93 C70001 02 01"), refused);
    EXPECT_EQ(normalise(Particle::list, "91 83 C70001 C0 0304 0102"), refused);
    EXPECT_EQ(normalise(Particle::list, "93 C70001 CC02 01"), refused);
    EXPECT_EQ(normalise(Particle::list, "93 D40100 02 01"), refused);
}

TEST(Collection, EqualKeysAreRefused) {
    EXPECT_EQ(normalise(Particle::map, "82 0102 0103"), refused);
    EXPECT_EQ(normalise(Particle::map, "83 0102 0002 0103"), refused);
    EXPECT_EQ(normalise(Particle::map, "82 01 02 CC01 03"), refused);
    EXPECT_EQ(normalise(Particle::map, "83 C70001 C0 0102 0103"), refused);
    EXPECT_EQ(normalise(Particle::list, "91 82 0102 0103"), refused);
}

TEST(Collection, KeysAreIntegersStringsOrBlobs) {
    for (const char* key : {"C0", "C3", "CB3FF0000000000000", "9101", "810101", "A16B", "A2076B", "A2176B", "A0",
                            "D40100", "D4FF01", "D4FF00"}) {
        EXPECT_EQ(normalise(Particle::map, std::string("81") + key + "01"), refused) << key;
    }
}

TEST(Collection, OneWholeValueOfTheAnnouncedKindIsWanted) {
    for (const char* hex : {"", "80", "01", "C0", "9201", "910102", "91C1", "DDFFFFFFFF01", "93 C70001 C70001 01"}) {
        EXPECT_EQ(normalise(Particle::list, hex), refused) << hex;
    }
    for (const char* hex : {"90", "DFFFFFFFFF", "8101", "81 C70001", "820102"}) {
        EXPECT_EQ(normalise(Particle::map, hex), refused) << hex;
    }
}

TEST(Collection, InfinityAndWildcardAreNotStored) {
    for (const char* hex : {"91 D4FF00", "91 D4FF01", "92 01 D4FF01", "91 C700FF", "91 91 D4FF00"}) {
        EXPECT_EQ(normalise(Particle::list, hex), refused) << hex;
    }
    EXPECT_EQ(normalise(Particle::map, "81 01 D4FF01"), refused);
}

TEST(Collection, AnExtThatWouldBecomeMetadataIsRefused) {
    EXPECT_EQ(normalise(Particle::list, "94 C70002 C70001 02 01"), refused);
}

TEST(Collection, DepthIsBounded) {
    const auto nested = [](size_t depth) {
        std::vector<uint8_t> bytes(depth - 1, 0x91);
        bytes.push_back(0x90);
        return bytes;
    };
    EXPECT_EQ(normalise(Particle::list, nested(201)).code, ResultCode::ok);
    EXPECT_EQ(normalise(Particle::list, nested(256)).code, ResultCode::ok);
    EXPECT_EQ(normalise(Particle::list, nested(257)), refused);
    EXPECT_EQ(normalise(Particle::list, nested(1'000'000)), refused);
}

TEST(Collection, FailureLeavesTheOutputAsItWas) {
    Buffer out;
    out.append(from_hex("AABB"));
    EXPECT_EQ(normalise_collection(Particle::list, from_hex("93 CC01 01 C1"), out), ResultCode::server_error);
    EXPECT_EQ(to_hex(out.bytes()), "AABB");
    EXPECT_EQ(normalise_collection(Particle::map, from_hex("82 0304 0102"), out), ResultCode::ok);
    EXPECT_EQ(to_hex(out.bytes()), "AABB8201020304");
}

TEST(Collection, AHundredThousandKeysAreSorted) {
    constexpr uint32_t kCount = 100'000;
    Buffer shuffled, sorted;
    msgpack::write_map_header(shuffled, kCount);
    msgpack::write_map_header(sorted, kCount);
    for (uint32_t i = 0; i < kCount; ++i) {
        msgpack::write_int(shuffled, int64_t{i} * 77'777 % kCount);  // 77,777 and 100,000 share no factor
        msgpack::write_int(shuffled, 1);
        msgpack::write_int(sorted, i);
        msgpack::write_int(sorted, 1);
    }
    Buffer out;
    ASSERT_EQ(normalise_collection(Particle::map, shuffled.bytes(), out), ResultCode::ok);
    EXPECT_TRUE(std::ranges::equal(out.bytes(), sorted.bytes()));
}

// Goal: no input breaks the check, and what it accepts is in normal form, no longer than it came.
// Method: valid values, a few bytes of each replaced, inserted, removed or repeated, from one seed.
TEST(Collection, MutatedValuesAreRefusedOrBecomeNormal) {
    const char* const seeds[] = {
        "99 C70001 C0 C2 C3 01 A20361 9101 8101A20461 CB3FF0000000000000",
        "84 C70001 C0 01 93 C70001 01 02 A20361 82 0304 0102 A20462 CD0001",
        "94 92 CD0001 CE00000002 91 DB00000003036162 83 03 90 02 80 01 C0 91 91 91 91 80",
        "83 C70013 C0 CC05 81 C70001 C0 D9020361 DC0003 01 02 03",
        "93 D40100 91 91 01 91 91 02",
        "85 05 01 04 02 03 82 09 01 08 02 02 04 01 05",
    };
    const std::vector<uint8_t> telling = from_hex(
        "00 7F 80 81 82 90 91 92 93 A0 A1 A2 C0 C1 C3 C4 C7 C8 CA CB CC CD CF D0 "
        "D3 D4 D5 D9 DB DC DD DE DF E0 FF 01 02 03 04 17");
    std::mt19937_64 random(3);
    size_t accepted = 0;
    for (int i = 0; i < 100'000; ++i) {
        std::vector<uint8_t> value = from_hex(seeds[random() % std::size(seeds)]);
        for (uint64_t changes = random() % 4 + 1; changes != 0 && !value.empty(); --changes) {
            const auto at = value.begin() + int64_t(random() % value.size());
            switch (random() % 5) {
                case 0: *at = uint8_t(random()); break;
                case 1: *at = telling[random() % telling.size()]; break;
                case 2: value.insert(at, telling[random() % telling.size()]); break;
                case 3: value.erase(at); break;
                default: value.push_back(*at); break;
            }
        }
        const Bytes exact(value);
        const bool list = value.empty() || (value[0] & 0xF0) == 0x90 || value[0] == 0xDC || value[0] == 0xDD;
        const Particle type = list ? Particle::list : Particle::map;
        Buffer once, twice;
        if (normalise_collection(type, exact, once) != ResultCode::ok) continue;
        ++accepted;
        ASSERT_LE(once.size(), value.size()) << to_hex(exact);
        ASSERT_EQ(normalise_collection(type, once.bytes(), twice), ResultCode::ok) << to_hex(exact);
        ASSERT_EQ(to_hex(twice.bytes()), to_hex(once.bytes())) << to_hex(exact);
    }
    EXPECT_GT(accepted, 1'000u);  // else the method finds nothing
}

}  // namespace
}  // namespace cairn::record
