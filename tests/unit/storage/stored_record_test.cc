#include "node/storage/format/stored_record.h"

#include <gtest/gtest.h>

#include "common/base/hash.h"
#include "tests/unit/storage/made_block.h"

namespace cairn::storage {
namespace {

using test::bytes_of;
using test::MadeRecord;

// Small ones are hashed in one pass and large ones in pieces: the format knows one sum.
TEST(StoredRecord, ItsCheckIsTheLowHalfOfItsHashWithoutTheCheck) {
    for (const size_t size : {1u, 100u, 200u, 450u, 460u, 1000u, 100'000u}) {
        MadeRecord made(1, std::string(size, 'x'));
        const auto expected = uint32_t(hash64(bytes_of(made.head()), 77));
        seal_record(made.head(), 77);
        EXPECT_EQ(made.head().check, expected) << size;
        EXPECT_TRUE(check_record(made.head(), 77)) << size;
        EXPECT_FALSE(check_record(made.head(), 78)) << size;
    }
}

TEST(StoredRecord, EveryFlippedByteIsNoticed) {
    MadeRecord made(1, std::string(700, 'x'));
    seal_record(made.head(), 77);
    auto* const at = reinterpret_cast<uint8_t*>(&made.head());
    for (size_t i = 4; i < made.head().units * 16; ++i) {
        at[i] ^= 1;
        EXPECT_FALSE(check_record(made.head(), 77)) << i;
        at[i] ^= 1;
    }
}

TEST(StoredRecord, AFillerMayBeOneUnit) {
    for (uint32_t units = 1; units < 8; ++units) {
        test::Aligned place(128, 0xEE);
        write_filler(place.data(), units, 5);
        const auto& head = *reinterpret_cast<const record::Head*>(place.data());
        EXPECT_TRUE(plausible_record(head, units));
        EXPECT_FALSE(plausible_record(head, units - 1));
        EXPECT_TRUE(check_record(head, 5));
        EXPECT_EQ(place[units * 16], 0xEE);
    }
}

TEST(StoredRecord, StateFlagsMakeItImplausible) {
    MadeRecord made(1, "x");
    EXPECT_TRUE(plausible_record(made.head(), 100));
    made.head().dead = 1;
    EXPECT_FALSE(plausible_record(made.head(), 100));
}

TEST(ValidBody, IsOneWhoseBinsEndWithIt) {
    MadeRecord made(1, std::string(300, 'x'));
    EXPECT_TRUE(valid_body(made.head()));
    made.head().pad = (made.head().pad + 1) & 15;
    EXPECT_FALSE(valid_body(made.head()));
}

TEST(ValidBody, NoLengthLeadsOutOfIt) {
    MadeRecord made(1, std::string(300, 'x'));
    uint8_t* const body = made.head().body();
    for (const int code : {12, 13, 14, 15}) {
        body[0] = uint8_t(1 | code << 4);
        std::memset(body + 2, 0xFF, 4);
        EXPECT_FALSE(valid_body(made.head())) << code;
    }
}

TEST(ValidBody, CountsTheStoredKey) {
    const uint8_t key[] = {3, 'a', 'b', 'c'};
    std::vector<uint64_t> memory(8 + 32 * 2);
    auto& head = *reinterpret_cast<record::Head*>(memory.data());
    const uint8_t* end = record::store_key(head.body(), key);
    head.units = record::units_for(size_t(end - reinterpret_cast<const uint8_t*>(&head)));
    head.pad = uint16_t(head.units * 16 - size_t(end - reinterpret_cast<const uint8_t*>(&head))) & 15;
    head.has_key = 1;
    EXPECT_TRUE(valid_body(head));
    *head.body() = 200;
    EXPECT_FALSE(valid_body(head));
    *head.body() = 0xFF;
    EXPECT_FALSE(valid_body(head));
    *head.body() = 0;
    EXPECT_FALSE(valid_body(head));
}

}  // namespace
}  // namespace cairn::storage
