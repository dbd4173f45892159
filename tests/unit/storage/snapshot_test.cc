#include "node/storage/format/snapshot.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "common/base/hash.h"
#include "tests/unit/storage/made_block.h"

namespace cairn::storage {
namespace {

constexpr uint16_t kEntry = 40;
constexpr uint64_t kId = 4711;

Uuid set_uuid() {
    Uuid uuid;
    uuid.bytes.fill(6);
    return uuid;
}

std::vector<uint8_t> entries_of(PartitionId partition, size_t count) {
    std::vector<uint8_t> bytes(count * kEntry);
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = uint8_t(i * 7 + partition);
    return bytes;
}

struct Content {
    std::map<PartitionId, size_t> entries;  // how many
    size_t blocks = 3;
    uint32_t page_bytes = kSnapshotPageBytesMax;
};

std::vector<SnapshotBlock> blocks_of(size_t count) {
    std::vector<SnapshotBlock> blocks;
    for (size_t i = 0; i < count; ++i)
        blocks.push_back({.seq = i, .live_units = uint32_t(i * 3), .state = 1, .stream = 2, .run = 0});
    return blocks;
}

std::vector<uint64_t> sequences() {
    std::vector<uint64_t> all;
    for (size_t i = 0; i < 1000; ++i) all.push_back(i * i);
    return all;
}

std::vector<SnapshotPlace> places(size_t count) {
    std::vector<SnapshotPlace> all;
    for (size_t i = 0; i < count; ++i) all.push_back({uint16_t(i % 2), i << 20});
    return all;
}

uint64_t pages_for(const Content& content) {
    SnapshotContent of{.blocks = content.blocks,
                       .devices = 1,
                       .sets = 1,
                       .sequences = 1000,
                       .sequence_runs = 1,
                       .partitions = content.entries.size()};
    for (const auto& [partition, count] : content.entries) of.entries += count;
    return snapshot_pages_for(of, kEntry, content.page_bytes);
}

Buffer written(const Content& content) {
    SnapshotInfo info{.id = kId, .set = set_uuid(), .device_count = 2, .entry_bytes = kEntry, .next_block_seq = 99};
    for (const auto& [partition, count] : content.entries) info.entries += count;
    Buffer out;
    SnapshotWriter writer(info, content.page_bytes, out);
    writer.places(places(pages_for(content)));
    writer.blocks(1, 0, blocks_of(content.blocks));
    writer.set(7, "people");
    writer.sequences(30, sequences());
    for (const auto& [partition, count] : content.entries) writer.entries(partition, entries_of(partition, count));
    writer.finish();
    return out;
}

/// What was read: an error, or all of it.
struct Read {
    Read() = default;
    explicit Read(std::string why) : error(std::move(why)) {}

    std::string error;
    SnapshotInfo info;
    std::vector<SnapshotBlock> blocks;
    std::map<uint16_t, std::string> sets;
    std::vector<uint64_t> sequences;
    std::vector<uint64_t> places;
    size_t pages = 0;
    std::map<PartitionId, std::vector<uint8_t>> entries;
};

Read read(Bytes bytes, uint64_t id = kId, const Uuid& set = set_uuid(), uint32_t page_bytes = kSnapshotPageBytesMax) {
    Read all;
    SnapshotReader reader(id, set, page_bytes);
    while (!reader.complete()) {
        const auto taken = reader.page(bytes.first(std::min<size_t>(bytes.size(), page_bytes)));
        bytes = bytes.subspan(std::min<size_t>(bytes.size(), page_bytes));
        if (!taken) return Read(taken.error().detail);
        // Wherever it is, a page before it has said so.
        EXPECT_TRUE(all.pages == 0 || all.pages < all.places.size());
        ++all.pages;
        SnapshotItem item;
        while (true) {
            const auto more = reader.next(item);
            if (!more) return Read(more.error().detail);
            if (!*more) break;
            switch (item.type) {
                case SnapshotItem::Type::info: all.info = item.info; break;
                case SnapshotItem::Type::blocks:
                    EXPECT_EQ(item.tag, 1);
                    EXPECT_EQ(item.first, all.blocks.size());
                    all.blocks.insert(all.blocks.end(), item.blocks.begin(), item.blocks.end());
                    break;
                case SnapshotItem::Type::set: all.sets[item.tag] = item.name; break;
                case SnapshotItem::Type::sequences:
                    EXPECT_EQ(item.first, 30 + all.sequences.size());
                    all.sequences.insert(all.sequences.end(), item.sequences.begin(), item.sequences.end());
                    break;
                case SnapshotItem::Type::places:
                    EXPECT_EQ(item.first, all.places.size());
                    all.places.insert(all.places.end(), item.places.begin(), item.places.end());
                    break;
                case SnapshotItem::Type::entries: {
                    auto& of = all.entries[item.tag];
                    of.insert(of.end(), item.entries.begin(), item.entries.end());
                    break;
                }
            }
        }
    }
    return all;
}

test::Aligned copy_of(const Buffer& buffer) {
    test::Aligned copy(buffer.size());
    std::memcpy(copy.data(), buffer.data(), buffer.size());
    return copy;
}

TEST(Snapshot, ReadsBackAsItWasWritten) {
    const Buffer bytes = written({.entries = {{0, 3}, {17, 60'000}, {4095, 1}}, .blocks = 100'000});
    EXPECT_GT(bytes.size(), 3u * kSnapshotPageBytesMax);
    const Read all = read(bytes.bytes());
    ASSERT_EQ(all.error, "");
    EXPECT_EQ(all.info.entries, 60'004u);
    EXPECT_EQ(all.info.next_block_seq, 99u);
    EXPECT_EQ(all.blocks, blocks_of(100'000));
    EXPECT_EQ(all.sets, (std::map<uint16_t, std::string>{{7, "people"}}));
    EXPECT_TRUE(std::ranges::equal(all.sequences, sequences()));
    EXPECT_EQ(all.entries.at(0), entries_of(0, 3));
    EXPECT_EQ(all.entries.at(17), entries_of(17, 60'000));
    EXPECT_EQ(all.entries.at(4095), entries_of(4095, 1));
}

TEST(Snapshot, OfNothingIsASinglePage) {
    const Buffer bytes = written({});
    EXPECT_EQ(bytes.size(), kSnapshotPageBytesMax);
    EXPECT_EQ(read(bytes.bytes()).error, "");
}

TEST(Snapshot, IsTheSameOnSmallPages) {
    const Content content{.entries = {{0, 3}, {17, 60'000}, {18, 101}}, .blocks = 5000, .page_bytes = 4096};
    const Buffer bytes = written(content);
    const Read all = read(bytes.bytes(), kId, set_uuid(), 4096);
    ASSERT_EQ(all.error, "");
    EXPECT_EQ(all.blocks, blocks_of(5000));
    EXPECT_EQ(all.sequences, sequences());
    EXPECT_EQ(all.entries.at(17), entries_of(17, 60'000));
    EXPECT_EQ(all.entries.at(18), entries_of(18, 101));
    ASSERT_EQ(all.places.size(), pages_for(content));
    EXPECT_EQ(SnapshotPlace::from_word(all.places[3]), (SnapshotPlace{1, 3 << 20}));
}

TEST(Snapshot, NeedsNoMorePagesThanWereForetold) {
    for (const uint32_t page_bytes : {4096u, 8192u, 128u << 10, 1u << 20}) {
        for (const size_t count : {0u, 1u, 97u, 98u, 99u, 100u, 101u, 5000u}) {
            Content content{.entries = {}, .blocks = count, .page_bytes = page_bytes};
            for (PartitionId partition = 0; partition < 40; ++partition) content.entries[partition] = count;
            const uint64_t pages = written(content).size() / page_bytes;
            EXPECT_LE(pages, pages_for(content)) << count << " in pages of " << page_bytes;
            EXPECT_GE(pages + 2 + pages / 16, pages_for(content)) << count << " in pages of " << page_bytes;
        }
    }
}

TEST(Snapshot, MayStandInAFileThatIsLonger) {
    const Buffer bytes = written({.entries = {{1, 5}}});
    test::Aligned longer(bytes.size() + 8192, 0xEE);
    std::memcpy(longer.data(), bytes.data(), bytes.size());
    EXPECT_EQ(read(longer.bytes()).error, "");
}

TEST(Snapshot, EveryFlippedByteIsNoticed) {
    const test::Aligned broken = copy_of(written({.entries = {{1, 50}}, .page_bytes = 32 << 10}));
    for (size_t at = 0; at < broken.size(); at += at < 200 ? 1 : 37) {
        broken[at] ^= 4;
        EXPECT_NE(read(broken.bytes(), kId, set_uuid(), 32 << 10).error, "") << at;
        broken[at] ^= 4;
    }
}

TEST(Snapshot, AnEarlierOneIsNotTaken) {
    const Buffer bytes = written({});
    EXPECT_EQ(read(bytes.bytes(), kId + 1).error, "snapshot: page 0 is of another snapshot or place");
    EXPECT_NE(read(bytes.bytes(), kId, Uuid{}).error, "");
}

TEST(Snapshot, ThatIsCutShortIsNotTaken) {
    const Buffer bytes = written({.entries = {{17, 60'000}}});
    EXPECT_EQ(read(bytes.bytes().first(2 * kSnapshotPageBytesMax)).error, "snapshot: page 2 is missing");
    EXPECT_EQ(read(bytes.bytes().first(bytes.size() - 4096)).error, "snapshot: page 2 is missing");
}

TEST(Snapshot, WhosePagesChangedPlacesIsNotTaken) {
    const test::Aligned pages = copy_of(written({.entries = {{17, 60'000}}}));
    std::swap_ranges(pages.data(), pages.data() + kSnapshotPageBytesMax, pages.data() + kSnapshotPageBytesMax);
    EXPECT_EQ(read(pages.bytes()).error, "snapshot: page 0 is of another snapshot or place");
}

/// The page with `change` made and the check set right again: what only a wrong program writes.
std::string forged(const std::function<void(uint8_t*)>& change) {
    const test::Aligned page = copy_of(written({.entries = {{5, 3}, {6, 1}}}));
    change(page.data());
    store_le(page.data() + page.size() - 8, hash64({page.data(), page.size() - 8}));
    return read(page.bytes()).error;
}

TEST(Snapshot, SizesAndOrderAreNeverTrusted) {
    constexpr size_t kInfo = 32, kPlaces = kInfo + 16 + 40, kBlocks = kPlaces + 16 + 8;
    constexpr size_t kSequences = kBlocks + (16 + 48) + (16 + 8), kEntries = kSequences + 16 + 8000;
    EXPECT_EQ(forged([](uint8_t*) {}), "");
    EXPECT_NE(forged([](uint8_t* page) { store_le(page + 20, uint32_t{9'000'000}); }), "");             // used
    EXPECT_NE(forged([](uint8_t* page) { page[kInfo] = 3; }), "");  // no info first
    EXPECT_NE(forged([](uint8_t* page) { page[kBlocks] = 1; }), "");  // info twice
    EXPECT_NE(forged([](uint8_t* page) { page[kBlocks] = 77; }), "");  // no such type
    EXPECT_NE(forged([](uint8_t* page) { store_le(page + kBlocks + 12, uint32_t{0xFFFFFFFF}); }), "");  // bytes
    EXPECT_NE(forged([](uint8_t* page) { store_le(page + kBlocks + 4, uint32_t{0x10000003}); }), "");  // count
    EXPECT_NE(forged([](uint8_t* page) { store_le(page + kBlocks + 2, uint16_t{2}); }), "");  // device
    EXPECT_NE(forged([](uint8_t* page) { store_le(page + kInfo + 16 + 18, uint16_t{0}); }), "");  // entry size
    EXPECT_NE(forged([](uint8_t* page) { store_le(page + kPlaces + 4, uint32_t{2}); }), "");         // count
    EXPECT_NE(forged([](uint8_t* page) { store_le(page + kSequences + 8, uint32_t{4000}); }), "");  // first
    // Partitions that are not in their order.
    EXPECT_NE(forged([](uint8_t* page) { store_le(page + kEntries + 2, uint16_t{7}); }), "");
    EXPECT_EQ(forged([](uint8_t* page) { store_le(page + kInfo + 16 + 32, uint64_t{9}); }),
              "snapshot: has 4 entries, announced 9");
}

}  // namespace
}  // namespace cairn::storage
