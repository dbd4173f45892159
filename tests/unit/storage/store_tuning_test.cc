// What may change while a store runs takes effect without a restart.
#include "tests/unit/storage/store_rig.h"

namespace cairn::storage {
namespace {

using test::MadeRecord;
using test::Rig;

std::string repeated(size_t size, char with) { return std::string(size, with); }

/// Blocks of which three quarters are garbage.
void make_sparse(Rig& rig) {
    for (uint8_t id = 1; id <= 100; ++id) {
        ASSERT_TRUE(rig.put(MadeRecord(id, repeated(30'000, char(id)))));
        rig.world.run_for(1ms);
    }
    for (uint8_t id = 1; id <= 100; ++id) {
        if (id % 4 != 0) rig.store->release(std::exchange(rig.index[id], {}));
    }
}

TEST(StoreTuning, DefragmentationBeginsWhenItsMarkIsRaised) {
    Rig rig;
    rig.options.defrag_lwm_pct = 0;
    ASSERT_TRUE(rig.start());
    make_sparse(rig);
    rig.world.run_for(5s);
    EXPECT_EQ(rig.store->stats().blocks_defragged, 0u);
    StoreTuning tuning = rig.options;
    tuning.defrag_lwm_pct = 50;
    rig.store->tune(tuning);
    rig.world.run_for(10s);
    EXPECT_GT(rig.store->stats().blocks_defragged, 10u);
    EXPECT_GT(rig.store->stats().defrag_blocks_written, 2u);
    EXPECT_GT(rig.store->stats().defrag_reads, 10u);  // nothing was cached
}

TEST(StoreTuning, DefragmentationLeavesWhatALoweredMarkAllows) {
    Rig rig;
    rig.options.defrag_sleep = 10s;
    ASSERT_TRUE(rig.start());
    make_sparse(rig);
    rig.world.run_for(1s);
    StoreTuning tuning = rig.options;
    tuning.defrag_lwm_pct = 10;
    tuning.defrag_sleep = 1ms;
    rig.store->tune(tuning);
    rig.world.run_for(30s);
    EXPECT_LE(rig.store->stats().blocks_defragged, 2u);
    EXPECT_EQ(rig.store->stats().defrag_queue, 0u);
}

TEST(StoreTuning, DefragmentationWaitsForItsQueue) {
    Rig rig;
    rig.options.defrag_queue_min = 1000;
    ASSERT_TRUE(rig.start());
    make_sparse(rig);
    rig.world.run_for(5s);
    EXPECT_EQ(rig.store->stats().blocks_defragged, 0u);
    EXPECT_GT(rig.store->stats().defrag_queue, 10u);
    StoreTuning tuning = rig.options;
    tuning.defrag_queue_min = 0;
    rig.store->tune(tuning);
    rig.world.run_for(10s);
    EXPECT_GT(rig.store->stats().blocks_defragged, 10u);
}

TEST(StoreTuning, FlushesAsOftenAsItIsTold) {
    Rig rig;
    rig.options.flush_max = 1000ms;
    ASSERT_TRUE(rig.start());
    StoreTuning tuning = rig.options;
    tuning.flush_max = 5ms;
    rig.store->tune(tuning);
    rig.world.run_for(1100ms);  // the last of the long ones
    ASSERT_TRUE(rig.put(MadeRecord(1, "soon")));
    const Instant before = rig.world.now();
    ASSERT_TRUE(rig.durable());
    EXPECT_LT(rig.world.now() - before, 50ms);
}

TEST(StoreTuning, KeepsAsManyWrittenBlocksInMemoryAsItIsTold) {
    Rig rig;
    rig.options.post_write_cache = 10;
    ASSERT_TRUE(rig.start());
    for (uint8_t id = 1; id < 6; ++id) ASSERT_TRUE(rig.put(MadeRecord(id, repeated(60'000, 'x'))));
    ASSERT_TRUE(rig.durable());
    Buffer into;
    EXPECT_TRUE(rig.store->copy_resident(rig.index[1], into));
    StoreTuning tuning = rig.options;
    tuning.post_write_cache = 0;
    rig.store->tune(tuning);
    rig.world.run_for(2s);
    EXPECT_FALSE(rig.store->copy_resident(rig.index[1], into));
}

TEST(StoreTuning, RefusesWritesBeyondTheCacheThatItIsTold) {
    Rig rig;
    ASSERT_TRUE(rig.start());
    rig.machine.sim_disk().shape().delay_max = 1s;
    StoreTuning tuning = rig.options;
    tuning.max_write_cache = 128 << 10;
    rig.store->tune(tuning);
    std::expected<Place, ResultCode> place = Place();
    for (uint8_t id = 1; place && id < 40; ++id) place = rig.put(MadeRecord(id, repeated(60'000, 'x')));
    EXPECT_EQ(place, std::unexpected(ResultCode::device_overload));
}

}  // namespace
}  // namespace cairn::storage
