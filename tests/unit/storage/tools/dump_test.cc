#include "node/storage/tools/dump.h"

#include <gtest/gtest.h>

#include "node/record/element_index.h"
#include "node/tools/render.h"
#include "tests/unit/storage/tools/made_device.h"

namespace cairn::storage {
namespace {

using test::DeviceMaker;
using test::made_superblock;
using test::MadeRecord;
using test::MemoryDisk;

struct Dumped {
    bool good = false;
    std::vector<ctl::Json> lines;
    std::vector<std::string> warnings;

    std::vector<std::string> values() const {
        std::vector<std::string> found;
        for (const auto& line : lines) found.push_back(line["bins"]["v"].get<std::string>());
        return found;
    }
};

Dumped run(MemoryDisk& disk, DumpSettings settings) {
    Dumped dumped;
    dumped.good = dump(
        disk, settings,
        [&](const std::string& line) {
            dumped.lines.push_back(ctl::Json::parse(line));
            return true;
        },
        [&](const std::string& sentence) { dumped.warnings.push_back(sentence); });
    return dumped;
}

MadeRecord version(uint8_t id, std::string_view value, uint64_t sequence, record::Kind kind = record::Kind::record) {
    MadeRecord made(id, value, 0, kind);
    made.head().set_sequence(sequence);
    return made;
}

TEST(Dump, ShowsARecordWithAllThatIsKnownOfIt) {
    MemoryDisk disk;
    DeviceMaker device(disk, "a", made_superblock());
    const MadeRecord one(1, "one", 5);
    const auto places = device.block(0, 10, {{one, "people"}});
    const auto dumped = run(disk, {.paths = {"a"}});
    EXPECT_TRUE(dumped.good);
    ASSERT_EQ(dumped.lines.size(), 1u);
    EXPECT_EQ(dumped.lines[0],
              ctl::Json::parse(R"({"digest": "0101010101010101010101010101010101010101", "set": "people",
        "generation": 7, "void_time_unix": 1262305234, "last_update_unix_ms": 1262304001000, "sequence": 1,
        "stored_bytes": 54, "device": "a", "byte": )" +
                               std::to_string(places[0]) + R"(, "bins": {"v": "one"}})"));
}

// S15: the sequence tells, and no time or place.
TEST(Dump, ShowsTheNewestVersionOfEachRecordOverAllDevices) {
    MemoryDisk disk;
    DeviceMaker first(disk, "a", made_superblock(0, 2)), second(disk, "b", made_superblock(1, 2));
    const MadeRecord old = version(1, "old", 5), middle = version(1, "middle", 6), newest = version(1, "newest", 7);
    const MadeRecord other = version(2, "other", 3);
    first.block(0, 10, {{newest, ""}});
    first.block(1, 13, {{old, ""}, {other, ""}});
    second.block(0, 20, {{middle, ""}});
    EXPECT_EQ(run(disk, {.paths = {"a", "b"}}).values(), (std::vector<std::string>{"newest", "other"}));
    EXPECT_EQ(run(disk, {.paths = {"b", "a"}, .all = true}).values(),
              (std::vector<std::string>{"middle", "newest", "old", "other"}));
}

TEST(Dump, OfEqualSequencesShowsTheCopyInTheYoungerBlock) {
    MemoryDisk disk;
    DeviceMaker device(disk, "a", made_superblock());
    const MadeRecord one = version(1, "one", 5);
    device.block(0, 20, {{one, ""}});
    device.block(1, 10, {{one, ""}});
    const auto dumped = run(disk, {.paths = {"a"}});
    ASSERT_EQ(dumped.lines.size(), 1u);
    EXPECT_LT(dumped.lines[0]["byte"], kBlocksOffset + 8192);
}

TEST(Dump, ADurableDeleteHidesOlderVersions) {
    MemoryDisk disk;
    DeviceMaker device(disk, "a", made_superblock());
    const MadeRecord one = version(1, "one", 5), gone = version(1, "", 6, record::Kind::tombstone);
    device.block(0, 10, {{gone, ""}, {one, ""}});
    EXPECT_TRUE(run(disk, {.paths = {"a"}}).lines.empty());
    const auto all = run(disk, {.paths = {"a"}, .all = true}).lines;
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0]["tombstone"], true);
}

TEST(Dump, VersionsBelowTheFloorOfAPartitionAreNotItsRecords) {
    MemoryDisk disk;
    DeviceMaker device(disk, "a", made_superblock());
    const MadeRecord one = version(1, "one", 5), two = version(2, "two", 5);
    device.block(0, 10, {{one, ""}, {two, ""}});
    const PartitionId partition = one.head().digest.partition();
    ASSERT_NE(table_page_of(partition), table_page_of(two.head().digest.partition()));
    TablePage page{.write_number = 3};
    page.partitions[partition % kTablePageEntries].floor_sequence = 5;
    device.table_page(page, table_page_of(partition));
    EXPECT_EQ(run(disk, {.paths = {"a"}}).values(), (std::vector<std::string>{"two"}));
    page.write_number = 4;
    page.partitions[partition % kTablePageEntries].floor_sequence = 4;
    device.table_page(page, table_page_of(partition));
    EXPECT_EQ(run(disk, {.paths = {"a"}}).values(), (std::vector<std::string>{"one", "two"}));
}

TEST(Dump, TakesOneSetOrSoManyLinesOrNoBins) {
    MemoryDisk disk;
    DeviceMaker device(disk, "a", made_superblock());
    const MadeRecord one(1, "one", 5), two(2, "two", 6), three(3, "three", 5);
    device.block(0, 10, {{one, "people"}, {two, "places"}, {three, "people"}});
    EXPECT_EQ(run(disk, {.paths = {"a"}, .set = "people"}).values(), (std::vector<std::string>{"one", "three"}));
    EXPECT_EQ(run(disk, {.paths = {"a"}, .limit = 2}).values(), (std::vector<std::string>{"one", "two"}));
    EXPECT_FALSE(run(disk, {.paths = {"a"}, .no_bins = true}).lines.at(0).contains("bins"));
}

TEST(Dump, ShowsKeysAndValuesAsTheOtherToolsDo) {
    MemoryDisk disk;
    DeviceMaker device(disk, "a", made_superblock());
    const uint8_t key[] = {uint8_t(record::Particle::string), 'a', 'd', 'a'};
    const uint8_t minus_two[] = {0xFE}, real[] = {0x3F, 0xE0, 0, 0, 0, 0, 0, 0}, blob[] = {1, 2, 3},
                  list[] = {0x92, 1, 2};
    const std::string point = std::string(3, '\0') + R"({"type":"Point","coordinates":[1,2]})";
    const record::Bin bins[] = {{"i", record::Particle::integer, minus_two},
                                {"d", record::Particle::floating, real},
                                {"b", record::Particle::blob, blob},
                                {"l", record::Particle::list, list},
                                {"g", record::Particle::geojson, as_bytes(point)}};
    MadeRecord made(1, std::string(300, ' '));
    record::Head& head = made.head();
    head.has_key = 1;
    uint8_t* end = record::store_key(head.body(), key);
    for (const auto& bin : bins) end = bin.store(end);
    const size_t size = size_t(end - reinterpret_cast<uint8_t*>(&head));
    head.units = record::units_for(size);
    head.pad = uint16_t(head.units * 16 - size) & 15;
    device.block(0, 10, {{made, ""}});
    const auto lines = run(disk, {.paths = {"a"}}).lines;
    EXPECT_EQ(lines.at(0)["key"], "ada");
    EXPECT_EQ(lines.at(0)["bins"], ctl::Json::parse(R"({"i": -2, "d": 0.5, "b": {"$blob": "AQID"}, "l": [1, 2],
        "g": {"$geojson": {"type": "Point", "coordinates": [1, 2]}}})"));
}

// Long collections are stored with places of their entries, which are nobody's business.
TEST(Dump, ShowsALongListAsItWasSent) {
    std::vector<uint8_t> normal = {0xDC, 0, 200};
    normal.resize(203, 7);
    Bytes body;
    std::vector<uint8_t> stored = record::head_to_store(normal, body);
    ASSERT_FALSE(stored.empty());
    stored.insert(stored.end(), body.begin(), body.end());
    const record::Bin bin{"l", record::Particle::list, stored};
    MadeRecord made(1, std::string(900, ' '));
    record::Head& head = made.head();
    const size_t size = size_t(bin.store(head.body()) - reinterpret_cast<uint8_t*>(&head));
    head.units = record::units_for(size);
    head.pad = uint16_t(head.units * 16 - size) & 15;
    MemoryDisk disk;
    DeviceMaker device(disk, "a", made_superblock());
    device.block(0, 10, {{made, ""}});
    EXPECT_EQ(run(disk, {.paths = {"a"}}).lines.at(0)["bins"]["l"], ctl::Json(std::vector<int>(200, 7)));
}

TEST(Dump, GoesOnBehindDamageAndSaysSo) {
    MemoryDisk disk;
    DeviceMaker device(disk, "a", made_superblock());
    const MadeRecord one(1, "one"), two(2, "two");
    const auto places = device.block(0, 10, {{one, ""}, {two, ""}});
    device.bytes()[places[0] + 50] ^= 1;
    const auto dumped = run(disk, {.paths = {"a"}});
    EXPECT_FALSE(dumped.good);
    EXPECT_EQ(dumped.values(), (std::vector<std::string>{"two"}));
    EXPECT_EQ(dumped.warnings.size(), 1u);
}

// A check that is right does not make a record: the bins of this one lead out of it.
TEST(Dump, ABodyThatIsNoneIsNotShown) {
    MemoryDisk disk;
    DeviceMaker device(disk, "a", made_superblock());
    MadeRecord made(1, "one");
    made.head().body()[0] = 0xFF;
    device.block(0, 10, {{made, ""}});
    const auto dumped = run(disk, {.paths = {"a"}});
    EXPECT_FALSE(dumped.good);
    EXPECT_EQ(dumped.lines.at(0)["unopened"], true);
    EXPECT_FALSE(dumped.lines.at(0).contains("bins"));
}

TEST(Dump, RefusesASetThatIsNotComplete) {
    MemoryDisk disk;
    DeviceMaker device(disk, "a", made_superblock(0, 2));
    const auto dumped = run(disk, {.paths = {"a"}});
    EXPECT_FALSE(dumped.good);
    EXPECT_NE(dumped.warnings.at(0).find("found 1"), std::string::npos);
}

}  // namespace
}  // namespace cairn::storage
