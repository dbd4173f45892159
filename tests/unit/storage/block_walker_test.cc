#include "node/storage/format/block_walker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "node/storage/format/stored_record.h"
#include "tests/unit/storage/made_block.h"

namespace cairn::storage {
namespace {

using test::Aligned;
using test::all_damages;
using test::kMark;
using test::MadeRecord;
using test::walk;
using Found = std::vector<std::string>;

constexpr uint32_t kSector = 128;
const ExpectedBlock kExpected{.device_mark = kMark, .block = 9, .sector_bytes = kSector};
/// The same of a device that was left in order.
ExpectedBlock in_order() {
    ExpectedBlock expected = kExpected;
    expected.durable_from_seq = 1;
    return expected;
}

BlockLife life(uint64_t seq) { return {.device_mark = kMark, .device_index = 3, .block = 9, .seq = seq}; }

/// Chunks of these records each; the last one is sealed.
void fill(const Aligned& buffer, uint64_t seq, const std::vector<std::vector<uint8_t>>& chunks, bool sealed = true,
          std::string_view value = "value") {
    BlockWriter writer(buffer.bytes(), kSector, life(seq));
    for (size_t i = 0; i < chunks.size(); ++i) {
        for (const uint8_t id : chunks[i]) {
            EXPECT_TRUE(writer.append(MadeRecord(id, std::string(value) + std::to_string(id), 5).head(), "set"));
        }
        writer.close_chunk(sealed && i + 1 == chunks.size());
    }
}

TEST(BlockWalker, AnEmptyBlockHasNothingAndIsInOrder) {
    const Aligned buffer(1024);
    const auto walked = walk(buffer.bytes(), in_order());
    EXPECT_TRUE(walked.found.empty());
    EXPECT_FALSE(walked.report.damaged());
    EXPECT_EQ(walked.report.seq, 0u);
}

TEST(BlockWalker, BytesThatWereNeverOursAreNoDamage) {
    const Aligned buffer(1024, 0xAB);
    EXPECT_FALSE(walk(buffer.bytes(), kExpected).report.damaged());
}

// Each byte that a writer has set is covered by one check or another, and what is still given is right.
TEST(BlockWalker, EveryFlippedBitIsNoticed) {
    const Aligned whole(1024);
    fill(whole, 1000, {{1, 2}, {3}});
    const auto before = walk(whole.bytes(), in_order());
    ASSERT_FALSE(before.report.damaged());
    const std::set<std::string> right(before.found.begin(), before.found.end());
    for (size_t at = 0; at < before.report.filled_units * 16u; ++at) {
        for (uint32_t bit = 0; bit < 8; ++bit) {
            const Aligned broken(whole);
            broken[at] ^= uint8_t(1 << bit);
            const auto walked = walk(broken.bytes(), in_order());
            ASSERT_TRUE(walked.report.damaged()) << "byte " << at << " bit " << bit;
            EXPECT_LE(walked.report.first_bad->unit, at / 16);
            EXPECT_EQ(walked.report.count(Damage::torn), 0u) << "byte " << at;
            for (const auto& one : walked.found) EXPECT_TRUE(right.contains(one)) << one << " at byte " << at;
        }
    }
}

TEST(BlockWalker, ABadRecordIsPassedOverAndTheNextIsFound) {
    const Aligned buffer(1024);
    fill(buffer, 1000, {{1, 2, 3}});
    const auto whole = walk(buffer.bytes(), in_order());
    buffer[whole.units[2] * 16 + 60] ^= 1;  // in record 2
    const auto walked = walk(buffer.bytes(), in_order());
    EXPECT_EQ(walked.found, (Found{"set 5 set", "1=value1", "3=value3"}));
    EXPECT_EQ(walked.report.count(Damage::corrupt), 1u);
    EXPECT_EQ(walked.report.first_bad->unit, whole.units[2]);
    EXPECT_STREQ(walked.report.first_bad->what, "record");
}

TEST(BlockWalker, ARecordWithoutAPlausibleSizeTakesTheRestOfItsChunkOnly) {
    const Aligned buffer(1024);
    fill(buffer, 1000, {{1, 2, 3}, {4}});
    buffer[walk(buffer.bytes(), kExpected).units[2] * 16 + 2] |= 0x0F;  // units of record 2: beyond the chunk
    const auto walked = walk(buffer.bytes(), kExpected);
    EXPECT_EQ(walked.found, (Found{"set 5 set", "1=value1", "set 5 set", "4=value4"}));
    EXPECT_EQ(walked.report.count(Damage::corrupt), 1u);
}

/// What a power cut leaves when the second of two chunks is being written: any of its sectors may be missing.
void expect_torn_at_each_sector(bool sealed) {
    const Aligned old(2048);
    fill(old, 500, {{11, 12}, {13, 14, 15, 16, 17, 18}});
    const Aligned whole(old);
    fill(whole, 1000, {{1}, {2, 3, 4, 5}}, sealed);
    const auto before = walk(whole.bytes(), kExpected);
    const size_t begin = 256, end = before.report.filled_units * 16u;  // of the second chunk
    const size_t sectors = (end - begin) / kSector;
    ASSERT_GE(sectors, 3u);
    for (uint32_t written = 0; written < 1u << sectors; ++written) {
        const Aligned torn(whole);
        for (size_t i = 0; i < sectors; ++i) {
            if ((written >> i & 1) == 0)
                std::copy_n(old.data() + begin + i * kSector, kSector, torn.data() + begin + i * kSector);
        }
        const auto walked = walk(torn.bytes(), kExpected);
        EXPECT_EQ(walked.found[1], "1=value1");
        for (const auto& one : walked.found)
            EXPECT_TRUE(std::ranges::count(before.found, one) != 0) << one << " of " << written;
        const uint32_t all = (1u << sectors) - 1;
        // Without its header, the chunk has never been.
        EXPECT_EQ(walked.report.count(Damage::torn) != 0, written != all && (written & 1) != 0) << written;
        EXPECT_EQ(all_damages(walked.report), walked.report.count(Damage::torn)) << written;
    }
}

TEST(BlockWalker, ATornLastChunkOfAnOpenBlockIsTornAndNotCorrupt) { expect_torn_at_each_sector(/*sealed=*/false); }

TEST(BlockWalker, TheChunkThatFillsABlockCanBeTornLikeAnyOther) { expect_torn_at_each_sector(/*sealed=*/true); }

TEST(BlockWalker, DamageBeforeTheLastChunkIsCorruption) {
    const Aligned buffer(1024);
    fill(buffer, 1000, {{1}, {2}}, /*sealed=*/false);
    buffer[70] ^= 1;
    const auto walked = walk(buffer.bytes(), kExpected);
    EXPECT_EQ(walked.report.count(Damage::corrupt), 1u);
    EXPECT_EQ(walked.report.count(Damage::torn), 0u);
}

TEST(BlockWalker, AMissingChunkIsNoticedByThoseBehindIt) {
    const Aligned buffer(1024);
    fill(buffer, 1000, {{1}, {2}, {3}});
    std::fill_n(buffer.data() + 256, 256, uint8_t(0));
    const auto walked = walk(buffer.bytes(), kExpected);
    EXPECT_EQ(walked.found, (Found{"set 5 set", "1=value1", "set 5 set", "3=value3"}));
    EXPECT_EQ(walked.report.count(Damage::corrupt), 1u);
    EXPECT_EQ(walked.report.first_bad->unit, 16u);
    EXPECT_STREQ(walked.report.first_bad->what, "chunk header");
}

TEST(BlockWalker, AMissingLastChunkIsNoticedOnADeviceThatWasLeftInOrder) {
    const Aligned buffer(1024);
    fill(buffer, 1000, {{1}, {2}});
    std::fill_n(buffer.data() + 256, 256, uint8_t(0));
    EXPECT_FALSE(walk(buffer.bytes(), kExpected).report.damaged());
    const auto walked = walk(buffer.bytes(), in_order());
    EXPECT_EQ(walked.report.count(Damage::corrupt), 1u);
    EXPECT_STREQ(walked.report.first_bad->what, "chunk");
}

TEST(BlockWalker, WhatAnEarlierLifeLeftBehindTheEndIsNoDamage) {
    const Aligned buffer(2048);
    fill(buffer, 500, {{11}, {12}, {13}, {14}});
    fill(buffer, 1000, {{1}}, /*sealed=*/false);
    const auto walked = walk(buffer.bytes(), kExpected);
    EXPECT_EQ(walked.found, (Found{"set 5 set", "1=value1"}));
    EXPECT_FALSE(walked.report.damaged());
}

// The seed makes records of an earlier life fail although each byte of them is as it was written.
TEST(BlockWalker, ASectorThatKeptItsEarlierLifeIsNeverGiven) {
    const Aligned old(1024), buffer(1024);
    fill(old, 500, {{1, 2, 3, 4, 5, 6}}, true, "older");
    fill(buffer, 1000, {{1, 2, 3, 4, 5, 6}}, true, "newer");
    std::copy_n(old.data() + 256, kSector, buffer.data() + 256);
    const auto walked = walk(buffer.bytes(), in_order());
    EXPECT_TRUE(walked.report.damaged());
    for (const auto& one : walked.found) EXPECT_EQ(one.find("older"), std::string::npos) << one;
}

TEST(BlockWalker, ABlockOfAnEarlierLifeIsStaleWhereALaterOneIsKnown) {
    const Aligned buffer(1024);
    fill(buffer, 500, {{1}});
    auto expected = kExpected;
    expected.seq = 1000;
    const auto walked = walk(buffer.bytes(), expected);
    EXPECT_TRUE(walked.found.empty());
    EXPECT_EQ(walked.report.count(Damage::stale), 1u);
}

TEST(BlockWalker, ALostBeginningIsStaleWhenALaterLifeGoesOn) {
    const Aligned old(1024), buffer(1024);
    fill(old, 500, {{1}, {2}, {3}});
    fill(buffer, 1000, {{1}, {2}});
    std::copy_n(old.data(), 256, buffer.data());
    auto expected = kExpected;
    expected.durable_from_seq = 100;
    const auto walked = walk(buffer.bytes(), expected);
    EXPECT_EQ(walked.report.count(Damage::stale), 1u);
}

TEST(BlockWalker, ABlockThatIsKnownToBeInUseAndIsNotThereIsCorrupt) {
    const Aligned zeros(1024), other(1024, 0xAB);
    auto expected = kExpected;
    expected.seq = 1000;
    EXPECT_EQ(walk(zeros.bytes(), expected).report.count(Damage::corrupt), 1u);
    EXPECT_EQ(walk(other.bytes(), expected).report.count(Damage::corrupt), 1u);
}

TEST(BlockWalker, ABlockInAnothersPlaceIsMisplaced) {
    const Aligned buffer(1024);
    fill(buffer, 1000, {{1}});
    auto expected = kExpected;
    expected.block = 8;
    const auto walked = walk(buffer.bytes(), expected);
    EXPECT_TRUE(walked.found.empty());
    EXPECT_EQ(walked.report.count(Damage::misplaced), 1u);
}

TEST(BlockWalker, ABlockOfAnotherDeviceIsForeign) {
    const Aligned buffer(1024);
    fill(buffer, 1000, {{1}});
    auto expected = kExpected;
    expected.device_mark = 42;
    const auto walked = walk(buffer.bytes(), expected);
    EXPECT_TRUE(walked.found.empty());
    EXPECT_EQ(walked.report.count(Damage::foreign), 1u);
}

TEST(BlockWalker, AChunkMovedInsideItsBlockIsNotGiven) {
    const Aligned buffer(2048);
    fill(buffer, 1000, {{1}, {2}, {3}});
    std::copy_n(buffer.data() + 256, 256, buffer.data() + 512);  // the second one over the third
    const auto walked = walk(buffer.bytes(), in_order());
    EXPECT_EQ(walked.found, (Found{"set 5 set", "1=value1", "set 5 set", "2=value2"}));
    EXPECT_EQ(walked.report.count(Damage::misplaced), 1u);
    EXPECT_EQ(walked.report.first_bad->unit, 32u);
}

TEST(BlockWalker, AChunkThatDoesNotHaveAsManyRecordsAsItSaysIsCorrupt) {
    const Aligned buffer(1024);
    fill(buffer, 1000, {{1, 2}});
    FoundHeader found = read_chunk_header(buffer.data(), kMark);
    ASSERT_EQ(found.header.records, 3u);  // with the set's name
    found.header.records = 4;
    encode(found.header, buffer.data());
    const auto walked = walk(buffer.bytes(), in_order());
    EXPECT_EQ(walked.report.count(Damage::corrupt), 1u);
    EXPECT_STREQ(walked.report.first_bad->what, "number of records");
}

// The check is no proof that the sizes inside a record are right: whoever writes bytes can write checks.
TEST(BlockWalker, ARecordWhosePartsDoNotFitIntoItIsNotGiven) {
    const Aligned buffer(1024);
    fill(buffer, 1000, {{1, 2}});
    const uint32_t unit = walk(buffer.bytes(), kExpected).units[1];
    auto& head = *reinterpret_cast<record::Head*>(buffer.data() + unit * 16);
    head.format = 1;
    seal_record(head, check_seed(1000, unit));
    EXPECT_EQ(walk(buffer.bytes(), in_order()).found, (Found{"set 5 set", "2=value2"}));
}

constexpr uint32_t kBlock = 1024;

/// A large record in the run of blocks 9 to 11.
Aligned large_run() {
    Aligned run(3 * kBlock);
    BlockLife of_run = life(1000);
    of_run.stream = Stream::large;
    BlockWriter writer(run.bytes(), kSector, of_run);
    EXPECT_TRUE(writer.append(MadeRecord(1, std::string(2500, 'x')).head(), ""));
    writer.close_chunk(true);
    return run;
}

TEST(LargeRecord, IsOneChunkOverItsRunOfBlocks) {
    const Aligned run = large_run();
    const auto header = first_chunk(run.bytes().first(kBlock), kMark, 9);
    ASSERT_TRUE(header);
    EXPECT_EQ((chunk_bytes(*header) + kBlock - 1) / kBlock, 3u);
    auto expected = in_order();
    expected.block_bytes = kBlock;
    EXPECT_EQ(walk(run.bytes(), expected).found, (Found{"1=" + std::string(2500, 'x')}));
    EXPECT_FALSE(first_chunk(run.bytes().subspan(kBlock), kMark, 10));
}

TEST(LargeRecord, ThatGaveABlockOfItsRunBackIsGoneAndNotDamaged) {
    const Aligned run = large_run();
    BlockLife later = life(2000);
    later.block = 11;
    BlockWriter writer(run.bytes().subspan(2 * kBlock), kSector, later);
    writer.append(MadeRecord(2, "two").head(), "");
    writer.close_chunk(true);
    auto expected = in_order();
    expected.block_bytes = kBlock;
    const auto walked = walk(run.bytes(), expected);
    EXPECT_TRUE(walked.found.empty());
    EXPECT_TRUE(walked.report.overwritten);
    EXPECT_FALSE(walked.report.damaged());
}

TEST(LargeRecord, ThatWasTornOverEarlierBlocksIsTorn) {
    const Aligned run = large_run();
    BlockLife earlier = life(500);
    earlier.block = 11;
    BlockWriter writer(run.bytes().subspan(2 * kBlock), kSector, earlier);
    writer.append(MadeRecord(2, "two").head(), "");
    writer.close_chunk(true);
    auto expected = kExpected;
    expected.block_bytes = kBlock;
    const auto walked = walk(run.bytes(), expected);
    EXPECT_FALSE(walked.report.overwritten);
    EXPECT_EQ(walked.report.count(Damage::torn), 1u);
}

TEST(LargeRecord, ThatIsDamagedIsCorrupt) {
    const Aligned run = large_run();
    run[2000] ^= 1;
    auto expected = in_order();
    expected.block_bytes = kBlock;
    const auto walked = walk(run.bytes(), expected);
    EXPECT_TRUE(walked.found.empty());
    EXPECT_EQ(walked.report.count(Damage::corrupt), 1u);
}

}  // namespace
}  // namespace cairn::storage
