// Goal: a new device whose set-up a crash cut off, at whatever moment, is set up anew or found whole by the next start;
// a store never refuses its own disk.
// Method: the power goes after some of the blocking operations of a first start, often several times, on one to three
// devices with sectors of 16 bytes to 4 KiB. CAIRN_SIM_SEEDS=<first>-<last> plays others than the usual seeds.
#include <gtest/gtest.h>

#include "node/storage/device_store.h"
#include "tests/sim/failing_machine.h"
#include "tests/sim/seeds.h"
#include "tests/sim/world.h"

namespace cairn::sim {
namespace {

using storage::DeviceStore;

struct NoVersions final : storage::LoadSink {
    Result<void> set_name(uint16_t, std::string_view) override { return fail("a set in an empty store"); }
    void version(const record::Head&, storage::Place) override { ++count; }
    void progress(double, std::string_view) override {}
    size_t count = 0;
};

struct NewStore {
    explicit NewStore(uint64_t seed) : world(seed), machine(world.machine("node")) {
        Dice& dice = world.dice();
        const uint64_t devices = dice.between(1, 3);
        for (uint64_t i = 0; i < devices; ++i) options.paths.push_back("/data/" + std::to_string(i));
        options.namespace_name = "test";
        options.node_id = 0xA1;
        options.write_block_bytes = 4096;
        options.file_bytes = storage::kBlocksOffset + 16 * options.write_block_bytes;
        if (dice.once_in(3)) {
            options.master_key.emplace(std::array<uint8_t, 32>{1, 2, 3});
            options.secrets = [&dice](MutableBytes bytes) {
                for (uint8_t& byte : bytes) byte = uint8_t(dice.next());
            };
        }
    }

    /// @return  what went wrong, "" when nothing did.
    std::string start(runtime::Machine& on) {
        auto store = DeviceStore::open(on, options, [](uint16_t) { return std::string_view("set"); });
        if (!store) return store.error().detail;
        NoVersions none;
        if (auto loaded = (*store)->load(none, on.loop(0).clock()); !loaded) return loaded.error().detail;
        return none.count == 0 ? "" : "versions in an empty store";
    }

    World world;
    SimMachine& machine;
    storage::StoreOptions options;
};

class EachSeed : public testing::TestWithParam<uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, EachSeed, seeds(300), testing::PrintToStringParamName());

TEST_P(EachSeed, ASetUpThatWasCutOffIsNoReasonToRefuse) {
    NewStore set_up(GetParam());
    Dice& dice = set_up.world.dice();
    for (uint64_t left = dice.between(1, 4); left > 0; --left) {
        FailingMachine failing(set_up.machine, dice.below(9 * set_up.options.paths.size()));
        const std::string said = set_up.start(failing);
        ASSERT_EQ(said != "", failing.failed()) << said;
        if (dice.once_in(8)) set_up.machine.kill();
        else set_up.machine.crash();
        set_up.machine.restart();
    }
    EXPECT_EQ(set_up.start(set_up.machine), "");
}

TEST(SetUp, MeetsTheCasesItIsAbout) {
    size_t unfinished = 0;
    for (uint64_t seed = 1; seed <= 60; ++seed) {
        NewStore set_up(seed);
        set_up.options.paths.resize(1);
        FailingMachine failing(set_up.machine, 5);  // the read, two tables and their sync, the first superblock
        set_up.start(failing);
        set_up.machine.crash();
        const Bytes bytes = set_up.machine.sim_disk().medium("/data/0")->bytes();
        unfinished += storage::choose_superblock(bytes.first(4096), bytes.subspan(4096, 4096)).state ==
                      storage::SuperblockState::unfinished;
    }
    EXPECT_GT(unfinished, 5u);
}

}  // namespace
}  // namespace cairn::sim
