#include "node/storage/tools/check.h"

#include <gtest/gtest.h>

#include "node/tools/render.h"
#include "tests/unit/storage/tools/made_device.h"

namespace cairn::storage {
namespace {

using test::DeviceMaker;
using test::made_superblock;
using test::MadeRecord;
using test::MemoryDisk;

struct Checked {
    bool whole = false;
    std::vector<ctl::Json> devices;
    std::string text;
    std::vector<std::string> warnings;
};

Checked run(MemoryDisk& disk, std::vector<std::string> paths, KeySource key = {}) {
    Checked checked;
    const auto warn = [&](const std::string& sentence) { checked.warnings.push_back(sentence); };
    CheckSettings settings{.paths = std::move(paths), .key = std::move(key), .json = true};
    checked.whole = check(
        disk, settings, [&](const std::string& text) { checked.devices.push_back(ctl::Json::parse(text)); }, warn);
    settings.json = false;
    check(disk, settings, [&](const std::string& text) { checked.text += text; }, [](const std::string&) {});
    return checked;
}

/// Three records, a tombstone and a large record.
struct Sample {
    MemoryDisk disk;
    MadeRecord one{1, "one"}, two{2, "two", 5}, three{3, std::string(700, 'x')},
        gone{4, "", 0, record::Kind::tombstone};
    MadeRecord large{5, std::string(10'000, 'y')};
    DeviceMaker device{disk, "a", made_superblock()};
    std::vector<uint64_t> places;

    Sample() {
        places = device.block(1, 10, {{one, ""}, {two, "people"}, {three, ""}});
        device.block(2, 11, {{gone, ""}});
        device.block(3, 12, {{large, ""}}, nullptr, Stream::large, 2);
    }
};

TEST(Check, ADeviceInOrderIsWholeAndCounted) {
    Sample sample;
    const auto checked = run(sample.disk, {"a"});
    EXPECT_TRUE(checked.whole);
    EXPECT_TRUE(checked.warnings.empty());
    const auto& device = checked.devices.at(0);
    EXPECT_EQ(device["whole"], true);
    EXPECT_EQ(device["namespace"], "test");
    EXPECT_EQ(device["records"], 4);
    EXPECT_EQ(device["tombstones"], 1);
    EXPECT_EQ(device["blocks"], 6);
    EXPECT_EQ(device["used_blocks"], 3);
    EXPECT_EQ(device["corrupt"], 0);
    EXPECT_NE(checked.text.find("result        whole"), std::string::npos) << checked.text;
}

TEST(Check, NamesTheFirstBadByte) {
    Sample sample;
    sample.device.bytes()[sample.places[1] + 50] ^= 1;
    sample.device.bytes()[sample.places[2] + 50] ^= 1;
    const auto checked = run(sample.disk, {"a"});
    EXPECT_FALSE(checked.whole);
    const auto& device = checked.devices.at(0);
    EXPECT_EQ(device["corrupt"], 2);
    EXPECT_EQ(device["records"], 2);
    EXPECT_EQ(device["first_bad"]["byte"], sample.places[1]);
    EXPECT_EQ(device["first_bad"]["block"], 1);
    EXPECT_EQ(device["first_bad"]["what"], "corrupt record");
    EXPECT_NE(checked.text.find("DAMAGED"), std::string::npos);
}

// Flips over all that a writer has set, a large record too: each is seen, wherever it is.
TEST(Check, FindsEveryFlippedByteOfWhatIsInUse) {
    Sample sample;
    std::vector<std::pair<uint64_t, uint64_t>> used = {{0, 8192}};
    for (const uint64_t table : kPartitionTableOffsets) used.push_back({table, table + 4096});
    for (const uint64_t block : {1u, 3u})
        used.push_back({kBlocksOffset + block * 8192, kBlocksOffset + block * 8192 + 1000});
    for (const auto& [begin, end] : used) {
        for (uint64_t at = begin; at < end; at += 61) {
            sample.device.bytes()[at] ^= 1;
            std::vector<DeviceFile> devices;
            devices.push_back(*DeviceFile::open(sample.disk, "a"));
            EXPECT_FALSE(check_devices(devices, std::nullopt)[0].whole()) << at;
            sample.device.bytes()[at] ^= 1;
        }
    }
}

TEST(Check, ATornEndIsNoDamageWhereTheDeviceWasNotLeftInOrder) {
    Sample sample;
    Superblock unclean = made_superblock();
    unclean.clean = false;
    DeviceMaker device(sample.disk, "b", unclean);
    const auto places = device.block(0, 10, {{sample.one, ""}, {sample.three, ""}});
    device.bytes()[places[1] + 600] ^= 1;
    const auto checked = run(sample.disk, {"b"});
    EXPECT_TRUE(checked.whole);
    EXPECT_EQ(checked.devices.at(0)["torn"], 1);
    EXPECT_EQ(checked.devices.at(0)["clean"], false);
}

/// An unclean device whose first block was free when a power cut met its next life: of two old chunks, the first one has a
/// new sector.
Checked run_with_leftovers(const std::vector<MadeRecord>& newer, uint64_t floor = 0) {
    MemoryDisk disk;
    Superblock unclean = made_superblock();
    unclean.clean = false;
    DeviceMaker device(disk, "a", unclean);
    const MadeRecord one(1, "one"), two(2, std::string(600, 'x')), three(3, "three");
    const auto places = device.chunks(0, 10, {{{one, ""}, {two, ""}}, {{three, ""}}});
    std::fill_n(&device.bytes()[places[1] + 300], 50, uint8_t(0xEE));
    std::vector<DeviceMaker::Put> put;
    for (const MadeRecord& record : newer) put.push_back({record, ""});
    if (!put.empty()) device.block(1, 20, put);
    for (const uint8_t id : {uint8_t{1}, uint8_t{3}}) {
        const PartitionId partition = MadeRecord(id, "").head().digest.partition();
        TablePage page{.write_number = 3};
        page.partitions[partition % kTablePageEntries].floor_sequence = floor;
        device.table_page(page, table_page_of(partition));
    }
    return run(disk, {"a"});
}

MadeRecord version(uint8_t id, uint64_t sequence) {
    MadeRecord made(id, "newer");
    made.head().set_sequence(sequence);
    return made;
}

TEST(Check, DamageInABlockWithoutALivingVersionIsWhatAPowerCutLeft) {
    const auto checked = run_with_leftovers({version(1, 10), version(3, 10)});
    EXPECT_TRUE(checked.whole) << checked.text;
    EXPECT_EQ(checked.devices.at(0)["torn"], 1);
    EXPECT_EQ(checked.devices.at(0)["corrupt"], 0);
    EXPECT_TRUE(run_with_leftovers({}, /*floor=*/3).whole);
}

TEST(Check, DamageBesideALivingVersionIsDamage) {
    const auto checked = run_with_leftovers({version(1, 10), version(3, 2)});
    EXPECT_FALSE(checked.whole);
    EXPECT_EQ(checked.devices.at(0)["corrupt"], 1);
    EXPECT_FALSE(run_with_leftovers({}, /*floor=*/2).whole);
}

TEST(Check, AnUnreadableBlockIsPassedOverAndNamed) {
    Sample sample;
    sample.disk.bad_byte = kBlocksOffset + 8192;
    const auto checked = run(sample.disk, {"a"});
    EXPECT_FALSE(checked.whole);
    const auto& device = checked.devices.at(0);
    EXPECT_EQ(device["unreadable_blocks"], 1);
    EXPECT_EQ(device["records"], 1);  // the large one, behind it
    EXPECT_EQ(device["problems"][0], "a: Input/output error");
}

TEST(Check, ABlockOfAGivenUpRunIsGoneThroughByItself) {
    Sample sample;
    sample.device.block(4, 20, {{sample.one, ""}});
    const auto checked = run(sample.disk, {"a"});
    EXPECT_TRUE(checked.whole);
    EXPECT_EQ(checked.devices.at(0)["records"], 4);
}

TEST(Check, ADeviceOfAnotherSetIsRefused) {
    MemoryDisk disk;
    DeviceMaker first(disk, "a", made_superblock(0, 2));
    Superblock other = made_superblock(1, 2);
    other.set.bytes.fill(1);
    DeviceMaker second(disk, "b", other);
    const auto checked = run(disk, {"a", "b"});
    EXPECT_FALSE(checked.whole);
    EXPECT_NE(checked.warnings.at(0).find("device b is of device set 01010101-"), std::string::npos)
        << checked.warnings[0];
}

TEST(Check, AMissingDeviceIsNoticed) {
    MemoryDisk disk;
    DeviceMaker first(disk, "a", made_superblock(0, 2));
    const auto checked = run(disk, {"a"});
    EXPECT_FALSE(checked.whole);
    EXPECT_NE(checked.warnings.at(0).find("found 1"), std::string::npos);
}

TEST(Check, WhatIsNoDeviceOfOursIsSaidToBeSo) {
    MemoryDisk disk;
    disk.files["strange"].assign(9 << 20, 0x55);
    disk.files["empty"].assign(9 << 20, 0);
    disk.files["small"].assign(4096, 0);
    EXPECT_NE(run(disk, {"strange"}).warnings.at(0).find("not Cairn's"), std::string::npos);
    EXPECT_NE(run(disk, {"empty"}).warnings.at(0).find("is empty"), std::string::npos);
    EXPECT_NE(run(disk, {"small"}).warnings.at(0).find("too few for a superblock"), std::string::npos);
    EXPECT_FALSE(run(disk, {"gone"}).whole);
}

TEST(Check, ADeviceThatWasCutShortIsNoticed) {
    Sample sample;
    sample.device.bytes().resize(kBlocksOffset + 3 * 8192);
    const auto checked = run(sample.disk, {"a"});
    EXPECT_FALSE(checked.whole);
    EXPECT_EQ(checked.devices.at(0)["blocks"], 3);
    EXPECT_NE(checked.warnings.at(0).find("expected the 8437760 bytes"), std::string::npos) << checked.warnings[0];
}

TEST(Check, EncryptedRecordsAreOpenedWithTheKeyOnly) {
    MemoryDisk disk;
    std::array<uint8_t, 32> bytes;
    bytes.fill(1);
    const SecretKey data_key(bytes), master(std::span<const uint8_t, 32>(as_bytes("01234567890123456789012345678901")));
    Superblock superblock = made_superblock();
    superblock.encryption = BodyEncryption::aes_256_gcm;
    superblock.wrapped_key = wrap_key(data_key, master);
    DeviceMaker device(disk, "a", superblock);
    BodyCipher cipher(data_key, 0);
    const MadeRecord one(1, "one");
    device.block(0, 10, {{one, ""}}, &cipher);

    EXPECT_TRUE(run(disk, {"a"}).whole);
    EXPECT_EQ(run(disk, {"a"}).devices.at(0)["closed_bodies"], 1);
    const auto opened = run(disk, {"a"}, {.text = "01234567890123456789012345678901"});
    EXPECT_TRUE(opened.whole);
    EXPECT_EQ(opened.devices.at(0)["closed_bodies"], 0);
    const auto wrong = run(disk, {"a"}, {.text = std::string(32, 'w')});
    EXPECT_FALSE(wrong.whole);
    EXPECT_NE(wrong.text.find("does not open with this master key"), std::string::npos);

    disk.files["key"].assign(32, 'w');
    EXPECT_FALSE(run(disk, {"a"}, {.file = "key"}).whole);
    EXPECT_NE(run(disk, {"a"}, {.file = "none"}).warnings.at(0).find("none"), std::string::npos);
}

}  // namespace
}  // namespace cairn::storage
