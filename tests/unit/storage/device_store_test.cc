#include "node/storage/device_store.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "tests/sim/world.h"
#include "tests/unit/storage/made_block.h"

namespace cairn::storage {
namespace {

using record::Head;
using test::MadeRecord;

constexpr uint64_t kFile = kBlocksOffset + (8 << 20);

/// A store on a simulated machine, and the index that it needs: places by the first byte of the digest.
class Rig final : public LoadSink, public Mover {
public:
    Rig() {
        machine.sim_disk().shape() = {.sector = 512, .delay_max = 100us};
        options.namespace_name = "test";
        options.paths = {"/data/0"};
        options.file_bytes = kFile;
        options.write_block_bytes = 128 << 10;
        options.post_write_cache = 0;
    }
    ~Rig() override {
        if (store != nullptr) crash();
    }

    Result<void> start() {
        index.clear();
        auto opened = DeviceStore::open(machine, options, [](uint16_t) { return std::string_view("people"); });
        if (!opened) return std::unexpected(opened.error());
        store = std::move(*opened);
        if (auto loaded = store->load(*this, machine.loop(0).clock()); !loaded) {
            store.reset();
            return loaded;
        }
        for (const auto& [id, place] : index) store->keep(place);
        store->begin(*this);
        tasks = std::make_unique<runtime::TaskGroup>(machine.loop(0));
        store->start(*tasks);
        return {};
    }
    void crash() {
        machine.crash();
        tasks.reset();
        store.reset();
        machine.restart();
    }
    Result<void> close() {
        bool stopped = false;
        tasks->stop([&] { stopped = true; });
        EXPECT_TRUE(world.run_until([&] { return stopped; }));
        std::optional<Result<void>> closed;
        store->close(nullptr, [&](Result<void> result) { closed = std::move(result); });
        EXPECT_TRUE(world.run_until([&] { return closed.has_value(); }));
        tasks.reset();
        store.reset();
        return *closed;
    }
    std::expected<Place, ResultCode> put(const MadeRecord& record) {
        const auto place = store->append(0, record.head());
        if (!place) return place;
        Place& of = index[record.head().digest.bytes[0]];
        if (of) store->release(of);
        of = *place;
        return place;
    }
    bool durable() {
        std::optional<bool> answer;
        store->when_durable(loop, store->ticket(0), [&](bool ok) { answer = ok; });
        EXPECT_TRUE(world.run_until([&] { return answer.has_value(); }));
        return answer.value_or(false);
    }
    /// The value at a place; nothing when it cannot be read.
    std::optional<std::string> read(Place place) {
        Buffer into;
        std::optional<ResultCode> code;
        store->read(loop, place, into, [&](ResultCode result) { code = result; });
        EXPECT_TRUE(world.run_until([&] { return code.has_value(); }));
        if (code != ResultCode::ok) return std::nullopt;
        return test::value_of(*reinterpret_cast<const Head*>(into.data()));
    }
    Bytes medium(size_t device = 0) { return machine.sim_disk().medium(options.paths[device])->bytes(); }

    Result<void> set_name(uint16_t, std::string_view name) override {
        EXPECT_EQ(name, "people");
        return {};
    }
    void version(const Head& record, Place place) override { index[record.digest.bytes[0]] = place; }
    void progress(double, std::string_view) override {}
    bool move(const Head& record, Place from, Append& append) override {
        Place& at = index[record.digest.bytes[0]];
        if (at != from) return true;
        const auto to = append(record);
        if (!to) return false;
        at = *to;
        store->release(from);
        return true;
    }

    sim::World world{1};
    sim::SimMachine& machine = world.machine("machine", 1);
    runtime::Loop& loop = machine.loop(0);
    StoreOptions options;
    std::unique_ptr<runtime::TaskGroup> tasks;
    std::unique_ptr<DeviceStore> store;
    std::map<uint8_t, Place> index;
};

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
