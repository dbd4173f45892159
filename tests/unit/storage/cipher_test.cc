#include "node/storage/format/cipher.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "node/storage/format/record_opener.h"
#include "tests/unit/storage/made_block.h"

namespace cairn::storage {
namespace {

using test::Aligned;
using test::kMark;
using test::MadeRecord;
using test::value_of;

SecretKey key(uint8_t fill) {
    std::array<uint8_t, 32> bytes;
    bytes.fill(fill);
    return SecretKey(bytes);
}

constexpr uint64_t kSeq = 1000;

/// A block with one encrypted record.
struct Encrypted {
    explicit Encrypted(std::string_view value = "a secret of the house") {
        BodyCipher cipher(key(1), 3);
        BlockWriter writer(buffer.bytes(), 512, {.device_mark = kMark, .device_index = 3, .block = 9, .seq = kSeq},
                           &cipher);
        const MadeRecord made(1, value);
        plain_units = made.head().units;
        unit = writer.append(made.head(), "")->unit;
        writer.close_chunk(true);
    }
    record::Head& head() { return *reinterpret_cast<record::Head*>(buffer.data() + unit * 16); }
    Aligned buffer{1024};
    uint32_t unit = 0;
    uint32_t plain_units = 0;
};

TEST(BodyCipher, GivesBackWhatItTookInItsPlace) {
    Encrypted made;
    EXPECT_TRUE(made.head().encrypted);
    EXPECT_EQ(made.head().units, made.plain_units + 1);
    BodyCipher cipher(key(1), 3);
    ASSERT_TRUE(cipher.decrypt(made.head(), kSeq, made.unit));
    EXPECT_FALSE(made.head().encrypted);
    EXPECT_EQ(made.head().units, made.plain_units);
    EXPECT_EQ(value_of(made.head()), "a secret of the house");
}

TEST(BodyCipher, LeavesNothingOfTheValueReadable) {
    Encrypted made;
    EXPECT_EQ(as_text(made.buffer.bytes()).find("secret"), std::string_view::npos);
}

TEST(BodyCipher, TheWalkerNeedsNoKey) {
    Encrypted made;
    const auto walked = test::walk(made.buffer.bytes(), {.device_mark = kMark, .block = 9, .sector_bytes = 512});
    EXPECT_EQ(walked.found, (std::vector<std::string>{"1"}));
    EXPECT_FALSE(walked.report.damaged());
}

TEST(BodyCipher, AnotherKeyPlaceOrDeviceOpensNothing) {
    struct Case {
        uint8_t key;
        uint16_t device;
        uint64_t seq;
        uint32_t unit;
    };
    for (const auto& [fill, device, seq, unit] :
         {Case{2, 3, kSeq, 4}, {1, 4, kSeq, 4}, {1, 3, kSeq + 1, 4}, {1, 3, kSeq, 5}}) {
        Encrypted made;
        ASSERT_EQ(made.unit, 4u);
        EXPECT_FALSE(BodyCipher(key(fill), device).decrypt(made.head(), seq, unit));
    }
}

// Head, body and tag are authenticated; only the check is not.
TEST(BodyCipher, EveryFlippedByteIsNoticed) {
    Encrypted whole;
    const size_t size = whole.head().size();
    for (size_t at = 0; at < size; ++at) {
        if (at >= 44 && at < 48) continue;
        Encrypted made;
        made.buffer[made.unit * 16 + at] ^=
            at == 3 ? 1 : 2;  // the first of the flags of byte 3 says that it is encrypted
        if (!made.head().encrypted || made.head().size() > size) continue;
        EXPECT_FALSE(BodyCipher(key(1), 3).decrypt(made.head(), kSeq, made.unit)) << at;
    }
}

TEST(BodyCipher, TheSameRecordIsNeverTheSameTwice) {
    Aligned buffer(1024);
    BodyCipher cipher(key(1), 3);
    BlockWriter writer(buffer.bytes(), 512, {.device_mark = kMark, .device_index = 3, .block = 9, .seq = kSeq},
                       &cipher);
    const MadeRecord made(1, "the same value");
    const auto first = writer.append(made.head(), ""), second = writer.append(made.head(), "");
    EXPECT_FALSE(std::equal(first->at + 48, first->at + 80, second->at + 48));
}

TEST(BodyCipher, BlocksFromBeforeANewDataKeyOpenWithThePreviousOne) {
    Superblock superblock;
    superblock.device_index = 3;
    superblock.wrapped_key = wrap_key(key(2), key(7));
    superblock.previous_key = wrap_key(key(1), key(7));
    superblock.key_seq = kSeq + 1;
    const auto cipher = BodyCipher::of(superblock, key(7));
    ASSERT_TRUE(cipher);
    Encrypted old;
    EXPECT_TRUE((*cipher)->decrypt(old.head(), kSeq, old.unit));

    MadeRecord made(1, "new");
    Aligned buffer(1024);
    BlockWriter writer(buffer.bytes(), 512, {.device_mark = kMark, .device_index = 3, .block = 9, .seq = kSeq + 1},
                       cipher->get());
    const auto place = writer.append(made.head(), "");
    auto& head = *reinterpret_cast<record::Head*>(place->at);
    EXPECT_FALSE(BodyCipher(key(1), 3).decrypt(head, kSeq + 1, place->unit));
    writer.close_chunk(true);
    EXPECT_FALSE(BodyCipher::of(superblock, key(8)));
}

TEST(BodyCipher, ATombstoneHasATagAndNothingElse) {
    Aligned buffer(1024);
    BodyCipher cipher(key(1), 3);
    BlockWriter writer(buffer.bytes(), 512, {.device_mark = kMark, .device_index = 3, .block = 9, .seq = kSeq},
                       &cipher);
    const auto place = writer.append(MadeRecord(1, "", 0, record::Kind::tombstone).head(), "");
    auto& head = *reinterpret_cast<record::Head*>(place->at);
    EXPECT_EQ(head.units, 4u);
    EXPECT_TRUE(cipher.decrypt(head, kSeq, place->unit));
    EXPECT_EQ(head.units, 3u);
}

TEST(RecordOpener, SaysWhetherTheKeyIsMissingOrWrong) {
    Encrypted made;
    const record::Head* plain = nullptr;
    BodyCipher right(key(1), 3), wrong(key(2), 3);
    EXPECT_EQ(RecordOpener().open(made.head(), kSeq, made.unit, plain), RecordOpener::Outcome::no_key);
    EXPECT_EQ(RecordOpener(&wrong).open(made.head(), kSeq, made.unit, plain), RecordOpener::Outcome::damaged);
    RecordOpener opener(&right);
    EXPECT_EQ(opener.open(made.head(), kSeq, made.unit, plain), RecordOpener::Outcome::plain);
    EXPECT_EQ(value_of(*plain), "a secret of the house");
    EXPECT_TRUE(made.head().encrypted);  // what is stored stays as it is
}

TEST(WrappedKey, OpensWithItsMasterKeyOnly) {
    const WrappedKey wrapped = wrap_key(key(1), key(7));
    EXPECT_EQ(*unwrap_key(wrapped, key(7)), key(1));
    const auto refused = unwrap_key(wrapped, key(8));
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().detail.find("does not open with this master key"), std::string::npos);
}

TEST(WrappedKey, EveryFlippedByteIsNoticed) {
    for (size_t at = 0; at < sizeof(WrappedKey); ++at) {
        WrappedKey broken = wrap_key(key(1), key(7));
        broken[at] ^= 1;
        EXPECT_FALSE(unwrap_key(broken, key(7))) << at;
    }
}

TEST(WrappedKey, IsWrappedAgainForANewMasterKey) {
    const WrappedKey before = wrap_key(key(1), key(7));
    const WrappedKey after = wrap_key(*unwrap_key(before, key(7)), key(8));
    EXPECT_EQ(*unwrap_key(after, key(8)), key(1));
    EXPECT_FALSE(unwrap_key(after, key(7)));
}

// NIST's example for 256 bits of key data with a 256-bit key: RFC 3394, 4.6.
TEST(WrappedKey, IsThatOfTheStandard) {
    std::array<uint8_t, 32> master, data;
    for (uint8_t i = 0; i < 32; ++i) master[i] = i;
    for (uint8_t i = 0; i < 16; ++i) data[i] = uint8_t(0x11 * i), data[16 + i] = i;
    EXPECT_EQ(to_hex(wrap_key(SecretKey(data), SecretKey(master))),
              "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21");
}

TEST(MasterKey, IsRawOrHexadecimal) {
    const std::string raw(32, '\n');
    EXPECT_TRUE(parse_master_key(as_bytes(raw)));
    std::string hex;
    for (int i = 0; i < 32; ++i) hex += "aB";
    std::array<uint8_t, 32> bytes;
    bytes.fill(0xAB);
    EXPECT_EQ(*parse_master_key(as_bytes(hex + "\r\n")), SecretKey(bytes));
}

TEST(MasterKey, NothingElseIsOne) {
    for (const std::string& text : {std::string(), std::string(31, 'x'), std::string(64, 'g'), std::string(63, 'a')}) {
        const auto parsed = parse_master_key(as_bytes(text));
        ASSERT_FALSE(parsed) << text;
        EXPECT_NE(parsed.error().detail.find("32 bytes or 64 hexadecimal digits"), std::string::npos);
    }
}

}  // namespace
}  // namespace cairn::storage
