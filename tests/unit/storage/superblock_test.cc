#include "node/storage/format/superblock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "common/base/hash.h"

namespace cairn::storage {
namespace {

using Place = std::vector<uint8_t>;

Superblock sample(uint64_t write_number) {
    Superblock one;
    one.write_number = write_number;
    one.cluster.bytes.fill(1);
    one.set.bytes.fill(2);
    one.device.bytes.fill(3);
    one.node_id = 0xBB9000000000001;
    one.device_index = 1;
    one.device_count = 4;
    one.block_bytes = 1 << 20;
    one.sector_bytes = 512;
    one.device_bytes = 1ull << 40;
    one.namespace_name = "a-name-of-thirty-one-characters";
    one.encryption = BodyEncryption::aes_256_gcm;
    one.wrapped_key.fill(9);
    one.key_seq = 12;
    one.previous_key.fill(8);
    one.previous_key_seq = 5;
    one.clean = true;
    one.snapshot_id = 77;
    one.snapshot_place = 0x0003'0000'0000'0801;
    one.run_seq = 1 << 20;
    return one;
}

Place encoded(const Superblock& superblock) {
    Place bytes(kSuperblockBytes);
    encode(superblock, bytes);
    return bytes;
}

const Place kZeros(kSuperblockBytes, 0);

TEST(Superblock, ReadsBackAsItWasWritten) {
    const auto choice = choose_superblock(encoded(sample(3)), encoded(sample(2)));
    EXPECT_EQ(choice.state, SuperblockState::valid);
    EXPECT_EQ(choice.superblock, sample(3));
    EXPECT_FALSE(choice.one_damaged);
}

TEST(Superblock, TheLargerWriteNumberCountsWhereverItStands) {
    EXPECT_EQ(choose_superblock(encoded(sample(3)), encoded(sample(4))).superblock.write_number, 4u);
    EXPECT_EQ(choose_superblock(encoded(sample(5)), encoded(sample(4))).superblock.write_number, 5u);
}

TEST(Superblock, TakesTurnsBetweenItsPlaces) {
    EXPECT_EQ(sample(1).place(), 0u);
    EXPECT_EQ(sample(2).place(), 4096u);
    EXPECT_EQ(sample(3).place(), 0u);
}

TEST(Superblock, EveryFlippedByteIsNoticedAndTheOtherOneCounts) {
    for (size_t at = 0; at < kSuperblockBytes; ++at) {
        Place broken = encoded(sample(5));
        broken[at] ^= 0x10;
        const auto choice = choose_superblock(broken, encoded(sample(4)));
        ASSERT_EQ(choice.state, SuperblockState::valid) << at;
        EXPECT_EQ(choice.superblock.write_number, 4u) << at;
        EXPECT_TRUE(choice.one_damaged) << at;
    }
}

// The damaged one may have been the newer, which had taken the mark away.
TEST(Superblock, ACleanMarkIsNotBelievedWhenTheOtherOneIsDamaged) {
    Place broken = encoded(sample(5));
    broken[2000] = 1;
    EXPECT_TRUE(choose_superblock(kZeros, encoded(sample(4))).one_damaged);
    EXPECT_FALSE(choose_superblock(broken, encoded(sample(4))).superblock.clean);
    EXPECT_FALSE(choose_superblock(kZeros, encoded(sample(4))).superblock.clean);
    EXPECT_TRUE(choose_superblock(encoded(sample(5)), encoded(sample(4))).superblock.clean);
}

TEST(Superblock, OnlyACleanDeviceSaysFromWhereItsBlocksAreWhole) {
    Superblock one = sample(1);
    EXPECT_EQ(one.durable_from_seq(), one.run_seq);
    one.clean = false;
    EXPECT_EQ(one.durable_from_seq(), UINT64_MAX);
}

TEST(Superblock, TellsAnEmptyDeviceFromAStrangeOneAndFromABrokenOne) {
    Place strange(kSuperblockBytes, 0x55);
    Place broken = encoded(sample(1));
    broken[100] ^= 1;
    EXPECT_EQ(choose_superblock(kZeros, kZeros).state, SuperblockState::blank);
    EXPECT_EQ(choose_superblock(strange, kZeros).state, SuperblockState::unknown);
    EXPECT_EQ(choose_superblock(broken, broken).state, SuperblockState::damaged);
    EXPECT_EQ(choose_superblock(broken, strange).state, SuperblockState::damaged);
}

TEST(Superblock, AFirstOneThatWasCutOffIsUnfinished) {
    Superblock first = sample(1);
    first.snapshot_place = 0;
    first.previous_key_seq = 0;
    const Place whole = encoded(first);
    for (size_t sector : {16, 512}) {
        Place beginning = kZeros;
        std::copy_n(whole.begin(), sector, beginning.begin());
        EXPECT_EQ(choose_superblock(beginning, kZeros).state, SuperblockState::unfinished) << sector;
        Place end = kZeros;
        std::copy(whole.end() - ptrdiff_t(sector), whole.end(), end.end() - ptrdiff_t(sector));
        EXPECT_EQ(choose_superblock(end, kZeros).state, SuperblockState::unfinished) << sector;
        EXPECT_EQ(choose_superblock(beginning, whole).state, SuperblockState::valid) << sector;
        EXPECT_EQ(choose_superblock(beginning, beginning).state, SuperblockState::damaged) << sector;
    }
}

TEST(Superblock, WhatOthersPutOnADiskIsNoUnfinishedOne) {
    for (const size_t at : {0, 446, 510, 512, 1024, 4086}) {  // boot code, partition tables, file systems, swap
        Place strange = kZeros;
        strange[at] = 0x55;
        EXPECT_EQ(choose_superblock(strange, kZeros).state, SuperblockState::unknown) << at;
    }
}

TEST(Superblock, ANewerFormatIsNamedAndNeverRead) {
    Place newer = encoded(sample(1));
    store_le(&newer[8], uint32_t{9});
    store_le(&newer[4088], hash64(Bytes(newer).first(4088)));
    const auto choice = choose_superblock(encoded(sample(2)), newer);
    EXPECT_EQ(choice.state, SuperblockState::newer);
    EXPECT_EQ(choice.version, 9u);
}

TEST(Superblock, CountsTheBlocksBehindItsHeaders) {
    Superblock one = sample(1);
    one.device_bytes = (8 << 20) + (5 << 20) + 4096;
    EXPECT_EQ(one.block_count(), 5u);
    one.device_bytes = 4 << 20;
    EXPECT_EQ(one.block_count(), 0u);
}

TEST(Uuid, IsWrittenAsPeopleWriteIt) {
    Uuid uuid;
    for (uint8_t i = 0; i < 16; ++i) uuid.bytes[i] = uint8_t(0x11 * i);
    EXPECT_EQ(uuid.text(), "00112233-4455-6677-8899-aabbccddeeff");
    EXPECT_EQ(uuid.low(), 0xffeeddccbbaa9988u);
}

}  // namespace
}  // namespace cairn::storage
