#include "node/storage/format/block_writer.h"

#include <gtest/gtest.h>

#include "node/storage/format/stored_record.h"
#include "tests/unit/storage/made_block.h"

namespace cairn::storage {
namespace {

using test::Aligned;
using test::kMark;
using test::MadeRecord;
using test::walk;
using testing::Test;
using Found = std::vector<std::string>;

const BlockLife kLife{.device_mark = kMark, .device_index = 3, .block = 9, .seq = 1000};
const ExpectedBlock kExpected{.device_mark = kMark, .block = 9, .sector_bytes = 512};

TEST(BlockWriter, WhatWasPutIsFoundAgainInItsOrder) {
    Aligned buffer(8192);
    BlockWriter writer(buffer.bytes(), 512, kLife);
    writer.append(MadeRecord(1, "one").head(), "");
    writer.append(MadeRecord(2, "", 0, record::Kind::tombstone).head(), "");
    writer.append(MadeRecord(3, std::string(3000, 'x')).head(), "");
    writer.close_chunk(/*last=*/true);

    const auto walked = walk(buffer.bytes(), kExpected);
    EXPECT_EQ(walked.found, (Found{"1=one", "-2", "3=" + std::string(3000, 'x')}));
    EXPECT_FALSE(walked.report.damaged());
    EXPECT_EQ(walked.report.records, 2u);
    EXPECT_EQ(walked.report.tombstones, 1u);
    EXPECT_EQ(walked.report.seq, 1000u);
    EXPECT_TRUE(walked.report.sealed);
}

TEST(BlockWriter, TellsWhereEachRecordStands) {
    Aligned buffer(8192);
    BlockWriter writer(buffer.bytes(), 512, kLife);
    const auto first = writer.append(MadeRecord(1, "one").head(), "");
    const auto second = writer.append(MadeRecord(2, "two").head(), "");
    writer.close_chunk(false);
    EXPECT_EQ(first->unit, 4u);   // behind the chunk's header
    EXPECT_EQ(second->unit, 8u);  // 48 + 2 + 1 + 3 bytes are four units
    EXPECT_EQ(walk(buffer.bytes(), kExpected).units, (std::vector<uint32_t>{4, 8}));
}

TEST(BlockWriter, AChunkEndsWithItsSectorAndTheNextBeginsThere) {
    Aligned buffer(8192, 0xEE);
    BlockWriter writer(buffer.bytes(), 512, kLife);
    writer.append(MadeRecord(1, "one").head(), "");
    const auto first = writer.close_chunk(false);
    EXPECT_EQ(first->offset, 0u);
    EXPECT_EQ(first->bytes.size(), 512u);
    EXPECT_FALSE(writer.pending());
    writer.append(MadeRecord(2, std::string(600, 'y')).head(), "");
    const auto second = writer.close_chunk(false);
    EXPECT_EQ(second->offset, 512u);
    EXPECT_EQ(second->bytes.size(), 1024u);
    EXPECT_EQ(second->bytes.data(), buffer.data() + 512);
    EXPECT_EQ(walk(buffer.bytes(), kExpected).found, (Found{"1=one", "2=" + std::string(600, 'y')}));
}

// S11: a sector is written once in each life of a block.
TEST(BlockWriter, WhatWasClosedIsNeverTouchedAgain) {
    Aligned buffer(8192);
    BlockWriter writer(buffer.bytes(), 512, kLife);
    writer.append(MadeRecord(1, "one").head(), "");
    const auto first = writer.close_chunk(false);
    const std::vector<uint8_t> before(first->bytes.begin(), first->bytes.end());
    while (writer.append(MadeRecord(2, "two").head(), "")) {
    }
    writer.close_chunk(true);
    EXPECT_TRUE(std::ranges::equal(first->bytes, before));
}

TEST(BlockWriter, NothingNewIsNothingToWrite) {
    Aligned buffer(8192);
    BlockWriter writer(buffer.bytes(), 512, kLife);
    EXPECT_FALSE(writer.close_chunk(false));
    writer.append(MadeRecord(1, "one").head(), "");
    EXPECT_TRUE(writer.close_chunk(false));
    EXPECT_FALSE(writer.close_chunk(false));
}

TEST(BlockWriter, IsSealedByAChunkWithoutRecordsWhenNothingWaits) {
    Aligned buffer(8192);
    BlockWriter writer(buffer.bytes(), 512, kLife);
    writer.append(MadeRecord(1, "one").head(), "");
    writer.close_chunk(false);
    EXPECT_FALSE(walk(buffer.bytes(), kExpected).report.sealed);
    const auto seal = writer.close_chunk(true);
    EXPECT_EQ(seal->offset, 512u);
    EXPECT_TRUE(writer.sealed());
    EXPECT_FALSE(writer.append(MadeRecord(1, "one").head(), ""));
    const auto walked = walk(buffer.bytes(), kExpected);
    EXPECT_TRUE(walked.report.sealed);
    EXPECT_EQ(walked.report.chunks, 2u);
    EXPECT_FALSE(walked.report.damaged());
}

TEST(BlockWriter, AFullBlockIsSealedByItself) {
    Aligned buffer(1024);
    BlockWriter writer(buffer.bytes(), 512, kLife);
    uint32_t count = 0;
    while (writer.append(MadeRecord(1, "one").head(), "")) ++count;
    EXPECT_EQ(count, (64u - 4) / 4);
    writer.close_chunk(false);
    EXPECT_TRUE(writer.sealed());
    EXPECT_EQ(walk(buffer.bytes(), kExpected).report.records, count);
}

TEST(BlockWriter, ABlockWithoutRoomForAnotherChunkIsSealedByTheLastOne) {
    for (const uint32_t left : {5u, 6u, 7u, 8u}) {
        Aligned buffer((4 + 4 + left) * 16);
        BlockWriter writer(buffer.bytes(), 16, kLife);
        writer.append(MadeRecord(1, "one").head(), "");
        writer.close_chunk(false);
        EXPECT_EQ(writer.sealed(), left < 7) << left;
        writer.close_chunk(true);
        EXPECT_TRUE(walk(buffer.bytes(), kExpected).report.sealed) << left;
    }
}

TEST(BlockWriter, ARecordThatHasNoRoomChangesNothing) {
    Aligned buffer(1024);
    BlockWriter writer(buffer.bytes(), 512, kLife);
    EXPECT_FALSE(writer.append(MadeRecord(1, std::string(2000, 'x')).head(), ""));
    EXPECT_FALSE(writer.pending());
    EXPECT_TRUE(writer.append(MadeRecord(1, std::string(900, 'x')).head(), ""));
}

TEST(BlockWriter, NamesASetBeforeItsFirstRecordInEachChunk) {
    Aligned buffer(8192);
    BlockWriter writer(buffer.bytes(), 512, kLife);
    writer.append(MadeRecord(1, "a", 5).head(), "people");
    writer.append(MadeRecord(2, "b", 5).head(), "people");
    writer.append(MadeRecord(3, "c", 6).head(), "places");
    writer.close_chunk(false);
    writer.append(MadeRecord(4, "d", 5).head(), "people");
    writer.append(MadeRecord(5, "e", 6).head(), "places");
    writer.close_chunk(true);
    EXPECT_EQ(walk(buffer.bytes(), kExpected).found, (Found{"set 5 people", "1=a", "2=b", "set 6 places", "3=c",
                                                            "set 5 people", "4=d", "set 6 places", "5=e"}));
}

TEST(BlockWriter, TheSetsNameIsPartOfTheRoomARecordNeeds) {
    Aligned buffer(512);
    BlockWriter writer(buffer.bytes(), 512, kLife);
    const MadeRecord record(1, std::string(395, 'x'), 5);  // 448 bytes and the header's 64 fill the block
    ASSERT_EQ(record.head().units, 28u);
    EXPECT_FALSE(writer.append(record.head(), "people"));
    EXPECT_TRUE(writer.append(MadeRecord(1, std::string(395, 'x')).head(), ""));
}

TEST(BlockWriter, StateFlagsStayInMemory) {
    Aligned buffer(512);
    BlockWriter writer(buffer.bytes(), 512, kLife);
    MadeRecord record(1, "one");
    record.head().replication = 3;
    record.head().dead = 1;
    writer.append(record.head(), "");
    writer.close_chunk(true);
    BlockWalker walker(buffer.bytes(), kExpected);
    const record::Head* head = walker.next();
    ASSERT_NE(head, nullptr);
    EXPECT_EQ(head->replication, 0u);
    EXPECT_EQ(head->dead, 0u);
}

TEST(BlockWriter, ARecordCanBeBuiltInItsPlace) {
    Aligned buffer(512, 0xEE);
    BlockWriter writer(buffer.bytes(), 512, kLife);
    const MadeRecord record(1, "one");
    const auto place = writer.place(record.head().units, 0, "");
    std::memcpy(place->at, &record.head(), record.head().size());  // the padding is the writer's
    EXPECT_EQ(writer.finish(*place), record.head().units);
    writer.close_chunk(true);
    EXPECT_EQ(walk(buffer.bytes(), kExpected).found, (Found{"1=one"}));
    EXPECT_EQ(buffer[4 * 16 + record.head().size()], 0);
}

TEST(BlockWriter, LeavesNothingOfTheBuffersPastInWhatItWrites) {
    Aligned clean(2048, 0), dirty(2048, 0xEE);
    for (const Aligned* buffer : {&clean, &dirty}) {
        BlockWriter writer(buffer->bytes(), 512, kLife);
        writer.append(MadeRecord(1, "one", 5).head(), "people");
        writer.append(MadeRecord(2, "two").head(), "");
        const auto write = writer.close_chunk(false);
        EXPECT_EQ(write->bytes.size(), 512u);
    }
    EXPECT_TRUE(std::equal(clean.data(), clean.data() + 512, dirty.data()));
}

TEST(BlockWriter, EverySectorSizeLeavesAWholeBlock) {
    for (uint32_t sector = 16; sector <= 4096; sector *= 2) {
        Aligned buffer(8192, 0xEE);
        BlockWriter writer(buffer.bytes(), sector, kLife);
        Found put;
        for (uint8_t id = 1; writer.append(MadeRecord(id, std::string(id, 'z')).head(), ""); ++id) {
            put.push_back(std::to_string(id) + "=" + std::string(id, 'z'));
            if (id % 3 == 0) writer.close_chunk(false);
        }
        writer.close_chunk(true);
        auto expected = kExpected;
        expected.sector_bytes = sector;
        const auto walked = walk(buffer.bytes(), expected);
        EXPECT_EQ(walked.found, put) << sector;
        EXPECT_FALSE(walked.report.damaged()) << sector;
        EXPECT_TRUE(walked.report.sealed) << sector;
        // S8: walking by sizes meets the filled end exactly.
        EXPECT_EQ(walked.report.filled_units, writer.filled_units()) << sector;
    }
}

}  // namespace
}  // namespace cairn::storage
