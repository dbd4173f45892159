#include "node/storage/tomb_raider.h"

#include "tests/unit/storage/store_rig.h"

namespace cairn::storage {
namespace {

using test::MadeRecord;
using test::Rig;

std::string long_value() { return std::string(60'000, 'x'); }  // two fill a block

TEST(TombRaider, EndsATombstoneThatBuriesNothing) {
    Rig rig;
    ASSERT_TRUE(rig.start());
    rig.bury(1);
    const RaidReport report = rig.raid();
    EXPECT_EQ(report.looked_at, 1u);
    EXPECT_EQ(report.ended, 1u);
    EXPECT_TRUE(report.complete);
    EXPECT_EQ(rig.store->stats().used, 0u);
}

TEST(TombRaider, TombstoneStaysWhileAnOlderVersionLiesInABlockInUse) {
    Rig rig;
    ASSERT_TRUE(rig.start());
    ASSERT_TRUE(rig.put(MadeRecord(1, "older")));
    rig.bury(1);
    rig.bury(2);
    const RaidReport report = rig.raid();
    EXPECT_EQ(report.looked_at, 2u);
    EXPECT_EQ(report.ended, 1u);
    EXPECT_TRUE(rig.buried.contains(1));
}

TEST(TombRaider, TombstoneStaysUntilTheFreedBlockOfAnOlderVersionIsOverwritten) {
    Rig rig;
    rig.options.defrag_lwm_pct = 0;
    ASSERT_TRUE(rig.start());
    ASSERT_TRUE(rig.put(MadeRecord(1, long_value())));
    ASSERT_TRUE(rig.put(MadeRecord(2, long_value())));
    ASSERT_TRUE(rig.put(MadeRecord(3, long_value())));  // in the next block, with the tombstone
    const uint64_t free = rig.store->stats().free_blocks;
    rig.bury(1);
    rig.store->release(std::exchange(rig.index[2], {}));
    rig.world.run_for(5s);
    ASSERT_EQ(rig.store->stats().free_blocks, free + 1);
    EXPECT_EQ(rig.raid().ended, 0u);
    for (int i = 0; i < 150; ++i) {  // as many as the device has room for, and more
        ASSERT_TRUE(rig.put(MadeRecord(4, long_value())));
        rig.world.run_for(100ms);
    }
    EXPECT_EQ(rig.raid().ended, 1u);
}

TEST(TombRaider, SeesOlderVersionsOfEightMegabytes) {
    Rig rig;
    rig.options.file_bytes = kBlocksOffset + (24 << 20);
    ASSERT_TRUE(rig.start());
    ASSERT_TRUE(rig.put(MadeRecord(1, std::string(7 << 20, 'y'))));
    rig.bury(1);
    EXPECT_EQ(rig.raid().ended, 0u);
}

TEST(TombRaider, NothingEndsWhileABlockCannotBeRead) {
    Rig rig;
    ASSERT_TRUE(rig.start());
    rig.bury(1);
    rig.machine.sim_disk().faults().read_error = 1;
    const RaidReport report = rig.raid();
    EXPECT_FALSE(report.complete);
    EXPECT_EQ(report.ended, 0u);
    rig.machine.sim_disk().faults() = {};
    EXPECT_EQ(rig.raid().ended, 1u);
}

TEST(TombRaider, TombstoneThatWasReplacedMeanwhileIsLeftAlone) {
    Rig rig;
    rig.options.tomb_raider_sleep = 10ms;
    ASSERT_TRUE(rig.start());
    rig.bury(1);
    ASSERT_TRUE(rig.durable());
    std::optional<RaidReport> report;
    const auto task = [](Rig& of, std::optional<RaidReport>& into) -> runtime::Task<void> {
        into = co_await of.store->raid(*of.tasks, of);
    };
    rig.tasks->spawn(task(rig, report));
    rig.world.run_for(1ms);
    ASSERT_FALSE(report.has_value());
    ASSERT_TRUE(rig.put(MadeRecord(1, "written again")));
    ASSERT_TRUE(rig.world.run_until([&] { return report.has_value(); }));
    EXPECT_EQ(report->looked_at, 1u);
    EXPECT_EQ(report->ended, 0u);
    EXPECT_EQ(rig.read(rig.index[1]), "written again");
}

}  // namespace
}  // namespace cairn::storage
