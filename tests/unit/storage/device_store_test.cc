#include "node/storage/device_store.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/storage/store_rig.h"

namespace cairn::storage {
namespace {

using record::Head;
using test::MadeRecord;
using test::Rig;

std::string repeated(size_t size, char with) { return std::string(size, with); }
bool contains(Bytes bytes, std::string_view text) { return as_text(bytes).contains(text); }

TEST(DeviceStore, GivesBackWhatWasAppendedFromMemoryAndFromTheDevice) {
    Rig rig;
    ASSERT_TRUE(rig.start());
    const auto place = rig.put(MadeRecord(1, "hello", 5));
    ASSERT_TRUE(place);
    Buffer into;
    EXPECT_TRUE(rig.store->copy_resident(*place, into));
    EXPECT_EQ(test::value_of(*reinterpret_cast<const Head*>(into.data())), "hello");

    for (uint8_t id = 2; id < 6; ++id) ASSERT_TRUE(rig.put(MadeRecord(id, repeated(60'000, 'x'))));
    ASSERT_TRUE(rig.durable());
    EXPECT_FALSE(rig.store->copy_resident(*place, into));  // its block is full and written, and nothing caches it
    EXPECT_EQ(rig.read(*place), "hello");
}

TEST(DeviceStore, FindsWhatWasDurableAfterTheLossOfPower) {
    Rig rig;
    rig.options.commit_to_device = true;
    ASSERT_TRUE(rig.start());
    ASSERT_TRUE(rig.put(MadeRecord(1, "kept")));
    ASSERT_TRUE(rig.durable());
    rig.crash();
    ASSERT_TRUE(rig.start());
    ASSERT_TRUE(rig.index.contains(1));
    EXPECT_EQ(rig.read(rig.index[1]), "kept");
    EXPECT_EQ(rig.store->stats().used, rig.index[1].units() * record::kUnit);
}

TEST(DeviceStore, KeepsARecordOfEightMegabytes) {
    Rig rig;
    rig.options.file_bytes = kBlocksOffset + (32 << 20);
    ASSERT_TRUE(rig.start());
    const std::string value = repeated((8 << 20) - 100, 'L');
    const uint64_t free = rig.store->stats().free_blocks;
    ASSERT_TRUE(rig.put(MadeRecord(1, value, 5)));
    EXPECT_EQ(rig.store->stats().free_blocks, free - 65);  // 64 of its bytes, one for heads and names
    ASSERT_TRUE(rig.durable());
    EXPECT_EQ(rig.read(rig.index[1]), value);
    ASSERT_TRUE(rig.close());
    ASSERT_TRUE(rig.start());
    EXPECT_EQ(rig.read(rig.index[1]), value);
    ASSERT_TRUE(rig.put(MadeRecord(1, "small")));
    rig.world.run_for(3s);
    EXPECT_EQ(rig.store->stats().free_blocks, free - 1);
}

TEST(DeviceStore, EncryptsBodiesAndRefusesAnotherKey) {
    Rig rig;
    rig.options.master_key.emplace(std::array<uint8_t, 32>{1});
    rig.options.secrets = [](MutableBytes bytes) { std::ranges::fill(bytes, uint8_t{7}); };
    ASSERT_TRUE(rig.start());
    const auto place = rig.put(MadeRecord(1, "nobody may see this"));
    ASSERT_TRUE(rig.durable());
    EXPECT_FALSE(contains(rig.medium(), "nobody may see this"));
    Buffer into;
    ASSERT_TRUE(rig.store->copy_resident(*place, into));
    EXPECT_EQ(test::value_of(*reinterpret_cast<const Head*>(into.data())), "nobody may see this");
    ASSERT_TRUE(rig.close());
    ASSERT_TRUE(rig.start());
    EXPECT_EQ(rig.read(rig.index[1]), "nobody may see this");
    ASSERT_TRUE(rig.close());

    rig.options.master_key.emplace(std::array<uint8_t, 32>{2});
    EXPECT_FALSE(rig.start());
    rig.options.former_master_key.emplace(std::array<uint8_t, 32>{1});
    EXPECT_TRUE(rig.start()) << "the data key is wrapped anew";
    ASSERT_TRUE(rig.close());
    rig.options.former_master_key.reset();
    EXPECT_TRUE(rig.start());
    ASSERT_TRUE(rig.close());
    rig.options.master_key.reset();
    const auto without = rig.start();
    ASSERT_FALSE(without);
    EXPECT_TRUE(without.error().detail.contains("is encrypted, expected a key")) << without.error().detail;
}

/// The superblock that counts, of the first device.
Superblock superblock_of(Rig& rig) {
    const Bytes medium = rig.medium();
    return choose_superblock(medium.first(kSuperblockBytes), medium.subspan(kSuperblockBytes, kSuperblockBytes))
        .superblock;
}

struct Rotation : testing::Test {
    Rotation() {
        rig.options.secrets = [this](MutableBytes bytes) { std::ranges::fill(bytes, ++secret); };
        rig.options.file_bytes = kBlocksOffset + (32 << 20);
        rig.options.defrag_lwm_pct = 0;
        rig.options.master_key = old_key;
    }
    void fill() {
        ASSERT_TRUE(rig.start());
        for (uint8_t id = 1; id <= 40; ++id) {
            ASSERT_TRUE(rig.put(MadeRecord(id, repeated(30'000, char(id)))));
            rig.world.run_for(1ms);
        }
        ASSERT_TRUE(rig.put(MadeRecord(41, repeated(300'000, 'L'))));  // larger than a block
        ASSERT_TRUE(rig.close());
    }
    void expect_all() {
        ASSERT_EQ(rig.index.size(), 41u);
        for (uint8_t id = 1; id <= 40; ++id) EXPECT_EQ(rig.read(rig.index[id]), repeated(30'000, char(id)));
        EXPECT_EQ(rig.read(rig.index[41]), repeated(300'000, 'L'));
    }
    void change_key(bool new_data_keys) {
        rig.options.former_master_key = old_key;
        rig.options.master_key = new_key;
        rig.options.new_data_keys = new_data_keys;
    }

    Rig rig;
    uint8_t secret = 0;
    const SecretKey old_key{std::array<uint8_t, 32>{1}};
    const SecretKey new_key{std::array<uint8_t, 32>{2}};
};

TEST_F(Rotation, OfTheMasterKeyWrapsTheDataKeyAnew) {
    fill();
    const auto before = unwrap_key(superblock_of(rig).wrapped_key, old_key);
    change_key(false);
    ASSERT_TRUE(rig.start());
    EXPECT_EQ(*unwrap_key(superblock_of(rig).wrapped_key, new_key), *before);
    expect_all();
    ASSERT_TRUE(rig.close());
    rig.options.former_master_key.reset();
    ASSERT_TRUE(rig.start());
    expect_all();
}

TEST_F(Rotation, OfTheDataKeyWritesAllAnew) {
    fill();
    const auto before = unwrap_key(superblock_of(rig).wrapped_key, old_key);
    change_key(true);
    ASSERT_TRUE(rig.start());
    EXPECT_NE(*unwrap_key(superblock_of(rig).wrapped_key, new_key), *before);
    EXPECT_EQ(*unwrap_key(superblock_of(rig).previous_key, new_key), *before);
    EXPECT_GT(rig.store->stats().old_key_blocks, 10u);
    expect_all();
    rig.world.run_for(30s);
    EXPECT_EQ(rig.store->stats().old_key_blocks, 0u);
    expect_all();
    ASSERT_TRUE(rig.close());
    EXPECT_FALSE(superblock_of(rig).has_previous_key());

    rig.options.former_master_key.reset();
    ASSERT_TRUE(rig.start());  // what was written under the first key is garbage, and no damage
    EXPECT_EQ(rig.store->stats().corrupt, 0u);
    expect_all();
}

TEST_F(Rotation, OfTheDataKeyOutlivesACrashInItsMidst) {
    fill();
    change_key(true);
    rig.options.defrag_sleep = 100ms;
    ASSERT_TRUE(rig.start());
    rig.world.run_for(500ms);
    EXPECT_GT(rig.store->stats().old_key_blocks, 0u);
    rig.crash();
    ASSERT_TRUE(rig.start());
    EXPECT_GT(rig.store->stats().old_key_blocks, 0u);
    expect_all();
    rig.world.run_for(60s);
    EXPECT_EQ(rig.store->stats().old_key_blocks, 0u);
    expect_all();
}

TEST_F(Rotation, OfTheDataKeyIsRefusedWhileAnotherIsUnderWay) {
    fill();
    change_key(true);
    rig.options.defrag_sleep = 100s;
    ASSERT_TRUE(rig.start());
    ASSERT_TRUE(rig.close());
    const SecretKey third(std::array<uint8_t, 32>{3});
    rig.options.former_master_key = new_key;
    rig.options.master_key = third;
    const auto refused = rig.start();
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().detail.contains("encryption-rewrite")) << refused.error().detail;
    rig.options.new_data_keys = false;
    ASSERT_TRUE(rig.start());
    expect_all();
}

TEST(DeviceStore, CompressesBodies) {
    Rig rig;
    rig.options.compression = Compression::zstd;
    ASSERT_TRUE(rig.start());
    ASSERT_TRUE(rig.put(MadeRecord(1, repeated(10'000, 'z'))));
    EXPECT_LT(rig.store->stats().used, 1000u);
    ASSERT_TRUE(rig.close());
    ASSERT_TRUE(rig.start());
    EXPECT_EQ(rig.read(rig.index[1]), repeated(10'000, 'z'));
}

TEST(DeviceStore, RefusesADeviceOfAnotherNamespace) {
    Rig rig;
    ASSERT_TRUE(rig.start());
    ASSERT_TRUE(rig.close());
    rig.options.namespace_name = "other";
    const auto started = rig.start();
    ASSERT_FALSE(started);
    EXPECT_TRUE(started.error().detail.contains("is of namespace 'test', expected namespace 'other'"))
        << started.error().detail;
}

TEST(DeviceStore, RefusesASetWithADeviceThatWasReplacedByANewOne) {
    Rig rig;
    rig.options.paths = {"/data/0", "/data/1"};
    ASSERT_TRUE(rig.start());
    ASSERT_TRUE(rig.close());
    ASSERT_TRUE(rig.machine.disk().remove_file("/data/1"));
    const auto started = rig.start();
    ASSERT_FALSE(started);
    EXPECT_TRUE(started.error().detail.contains("/data/1 is empty")) << started.error().detail;
}

TEST(DeviceStore, KnowsItsDevicesInAnyOrder) {
    Rig rig;
    rig.options.paths = {"/data/0", "/data/1"};
    ASSERT_TRUE(rig.start());
    for (uint8_t id = 1; id < 6; ++id) ASSERT_TRUE(rig.put(MadeRecord(id, repeated(60'000, char('a' + id)))));
    ASSERT_TRUE(rig.close());
    std::swap(rig.options.paths[0], rig.options.paths[1]);
    ASSERT_TRUE(rig.start());
    for (uint8_t id = 1; id < 6; ++id) EXPECT_EQ(rig.read(rig.index[id]), repeated(60'000, char('a' + id)));
}

TEST(DeviceStore, WithoutCommitAnswersWithTheNextFlush) {
    Rig rig;
    rig.options.flush_max = 1s;
    ASSERT_TRUE(rig.start());
    ASSERT_TRUE(rig.put(MadeRecord(1, "v")));
    bool answered = false;
    rig.store->when_durable(rig.loop, rig.store->ticket(0), [&](bool ok) { answered = ok; });
    rig.world.run_for(900ms);
    EXPECT_FALSE(answered);
    rig.world.run_for(200ms);
    EXPECT_TRUE(answered);
}

TEST(DeviceStore, AcknowledgesNothingAfterAFailureAndReadsOn) {
    Rig rig;
    rig.options.commit_to_device = true;
    ASSERT_TRUE(rig.start());
    ASSERT_TRUE(rig.put(MadeRecord(1, "before")));
    ASSERT_TRUE(rig.durable());
    rig.machine.sim_disk().faults().sync_error = 1;
    ASSERT_TRUE(rig.put(MadeRecord(2, "lost")));
    EXPECT_FALSE(rig.durable());
    rig.machine.sim_disk().faults() = {};
    EXPECT_TRUE(rig.store->stats().failed);
    EXPECT_EQ(rig.put(MadeRecord(3, "refused")), std::unexpected(ResultCode::server_error));
    EXPECT_FALSE(rig.durable());
    EXPECT_EQ(rig.read(rig.index[1]), "before");
    EXPECT_FALSE(rig.close());
}

TEST(DeviceStore, RefusesWritesWhenTheDeviceIsTooSlowAndTakesThemLater) {
    Rig rig;
    rig.options.max_write_cache = 256 << 10;
    rig.machine.sim_disk().shape().delay_max = 10s;
    ASSERT_TRUE(rig.start());
    std::expected<Place, ResultCode> place = Place();
    for (uint8_t id = 1; id < 30 && place; ++id) {
        place = rig.put(MadeRecord(id, repeated(60'000, 'x')));
        rig.world.run_for(1us);
    }
    EXPECT_EQ(place, std::unexpected(ResultCode::device_overload));
    EXPECT_EQ(rig.store->stats().overload, 1u);
    rig.world.run_for(60s);
    EXPECT_TRUE(rig.put(MadeRecord(1, "again")));
}

TEST(DeviceStore, SaysWhenThereIsNoRoomAndKeepsAReserve) {
    Rig rig;
    ASSERT_TRUE(rig.start());
    std::expected<Place, ResultCode> place = Place();
    uint8_t id = 0;
    while (place && ++id < 250) {
        place = rig.put(MadeRecord(id, repeated(60'000, 'x')));
        rig.world.run_for(1ms);
    }
    EXPECT_EQ(place, std::unexpected(ResultCode::out_of_space));
    EXPECT_EQ(rig.store->stats().free_blocks, 2u);
    for (uint8_t gone = 1; gone <= 20; ++gone) rig.store->release(std::exchange(rig.index[gone], {}));
    rig.world.run_for(3s);
    EXPECT_TRUE(rig.put(MadeRecord(1, "room again")));
}

TEST(DeviceStore, DefragmentationWinsBackWhatIsGarbage) {
    Rig rig;
    ASSERT_TRUE(rig.start());
    for (uint8_t id = 1; id <= 100; ++id) {
        ASSERT_TRUE(rig.put(MadeRecord(id, repeated(30'000, char(id)))));
        rig.world.run_for(1ms);
    }
    const uint64_t free = rig.store->stats().free_blocks;
    for (uint8_t id = 1; id <= 100; ++id) {
        if (id % 4 != 0) rig.store->release(std::exchange(rig.index[id], {}));
    }
    rig.world.run_for(10s);
    EXPECT_GT(rig.store->stats().free_blocks, free + 12);
    EXPECT_GT(rig.store->stats().blocks_defragged, 10u);
    for (uint8_t id = 4; id <= 100; id += 4) EXPECT_EQ(rig.read(rig.index[id]), repeated(30'000, char(id)));
}

TEST(DeviceStore, WithCacheAllEveryVersionIsInMemoryAlsoAfterARestart) {
    Rig rig;
    rig.options.cache_all = true;
    ASSERT_TRUE(rig.start());
    for (uint8_t id = 1; id <= 9; ++id) ASSERT_TRUE(rig.put(MadeRecord(id, repeated(60'000, char(id)))));
    ASSERT_TRUE(rig.durable());
    ASSERT_TRUE(rig.close());
    ASSERT_TRUE(rig.start());
    Buffer into;
    for (uint8_t id = 1; id <= 9; ++id) EXPECT_TRUE(rig.store->copy_resident(rig.index[id], into));
}

TEST(DeviceStore, AFlippedBitIsNeverShownAndCounted) {
    Rig rig;
    ASSERT_TRUE(rig.start());
    for (uint8_t id = 1; id < 6; ++id) ASSERT_TRUE(rig.put(MadeRecord(id, repeated(60'000, 'x'))));
    ASSERT_TRUE(rig.durable());
    const uint64_t inside = rig.index[1].unit() * record::kUnit + 1000;
    const uint8_t wrong = uint8_t(rig.medium()[inside] ^ 4);
    rig.machine.sim_disk().medium("/data/0")->damage(inside, {&wrong, 1});
    EXPECT_EQ(rig.read(rig.index[1]), std::nullopt);
    EXPECT_EQ(rig.store->stats().corrupt, 1u);
    ASSERT_TRUE(rig.close());
    ASSERT_TRUE(rig.start());
    EXPECT_FALSE(rig.index.contains(1));
    EXPECT_TRUE(rig.index.contains(2));
    EXPECT_EQ(rig.store->stats().corrupt, 1u);
}

/// Damages the name of the set at the beginning of the block in which this record is the first of its set.
void spoil_set_name(Rig& rig, uint8_t id) {
    const uint64_t at = rig.index[id].unit() * record::kUnit;
    const uint64_t block = at - (at - kBlocksOffset) % rig.options.write_block_bytes;
    const uint64_t name = block + kChunkHeaderBytes + sizeof(Head);
    const uint8_t wrong = uint8_t(rig.medium()[name] ^ 4);
    rig.machine.sim_disk().medium("/data/0")->damage(name, {&wrong, 1});
}

/// Two blocks that name the set; the last of them has record 2 alone.
void put_into_two_blocks(Rig& rig) {
    ASSERT_TRUE(rig.start());
    ASSERT_TRUE(rig.put(MadeRecord(1, repeated(60'000, 'x'), 5)));
    ASSERT_TRUE(rig.put(MadeRecord(3, repeated(60'000, 'x'), 5)));
    ASSERT_TRUE(rig.put(MadeRecord(2, repeated(60'000, 'x'), 5)));
    ASSERT_TRUE(rig.durable());
}

TEST(DeviceStore, OfATornChunkOnlyWhatHasItsSetsNameThereIsTakenHoweverOftenItIsRead) {
    Rig rig;
    put_into_two_blocks(rig);
    spoil_set_name(rig, 2);
    rig.crash();
    ASSERT_TRUE(rig.start());
    // Another block names the set today. When that is gone, the record would be, too.
    EXPECT_FALSE(rig.index.contains(2));
    EXPECT_TRUE(rig.index.contains(1));
    EXPECT_EQ(rig.store->stats().torn, 1u);
    EXPECT_EQ(rig.store->stats().corrupt, 0u);
}

TEST(DeviceStore, ATornChunkThatLostTheOnlyNameIsNoDamage) {
    Rig rig;
    ASSERT_TRUE(rig.start());
    ASSERT_TRUE(rig.put(MadeRecord(2, "v", 5)));
    ASSERT_TRUE(rig.durable());
    spoil_set_name(rig, 2);
    rig.crash();
    ASSERT_TRUE(rig.start());
    EXPECT_FALSE(rig.index.contains(2));
    EXPECT_EQ(rig.store->stats().corrupt, 0u);
}

TEST(DeviceStore, ARecordWhoseSetsNameDecayedIsTakenWhenAnotherBlockHasTheName) {
    Rig rig;
    put_into_two_blocks(rig);
    const Place second = rig.index[2];
    ASSERT_TRUE(rig.close());
    rig.index[2] = second;
    spoil_set_name(rig, 2);
    ASSERT_TRUE(rig.start());
    EXPECT_TRUE(rig.index.contains(2));
    EXPECT_EQ(rig.store->stats().corrupt, 1u);
}

TEST(DeviceStore, SaysThatItWasLeftInOrderUntilItStartsAgain) {
    Rig rig;
    ASSERT_TRUE(rig.start());
    ASSERT_TRUE(rig.put(MadeRecord(1, "v")));
    ASSERT_TRUE(rig.close());
    const auto clean = [&] {
        const Bytes bytes = rig.medium();
        return choose_superblock(bytes.first(kSuperblockBytes), bytes.subspan(kSuperblockBytes, kSuperblockBytes))
            .superblock.clean;
    };
    EXPECT_TRUE(clean());
    ASSERT_TRUE(rig.start());
    EXPECT_FALSE(clean());
}

}  // namespace
}  // namespace cairn::storage
