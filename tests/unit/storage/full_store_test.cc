// A store of which little is free goes on as long as there is garbage to win room from, however evenly that is spread.
#include <random>

#include "tests/unit/storage/store_rig.h"

namespace cairn::storage {
namespace {

using test::MadeRecord;
using test::Rig;

std::string value(size_t size, char with) { return std::string(size, with); }

/// Tries for a second of simulated time.
std::expected<Place, ResultCode> put(Rig& rig, const MadeRecord& record) {
    auto place = rig.put(record);
    for (int tries = 0; place == std::unexpected(ResultCode::device_overload) && tries < 100; ++tries) {
        rig.world.run_for(10ms);
        place = rig.put(record);
    }
    rig.world.run_for(1ms);
    return place;
}

TEST(FullStore, OverwritesGoOnAtFourFifths) {
    constexpr uint32_t kRecords = 250;
    constexpr size_t kBytes = 25'600;  // five in a block: they fill 50 of the rig's 64 blocks
    Rig rig;
    ASSERT_TRUE(rig.start());
    for (uint32_t id = 1; id <= kRecords; ++id) ASSERT_TRUE(put(rig, MadeRecord(uint8_t(id), value(kBytes, 'a'))));
    std::mt19937 chance(1);
    for (int i = 0; i < 2000; ++i) {
        const auto id = uint8_t(1 + chance() % kRecords);
        const auto place = put(rig, MadeRecord(id, value(kBytes, char('b' + i % 20))));
        ASSERT_TRUE(place) << i << ": " << int(place.error());
    }
}

TEST(FullStore, RoomEndsWhenMovingWinsNothing) {
    for (const size_t bytes : {30'000, 28'000}) {  // four in a block, which is then 92 or 86 percent full
        Rig rig;
        ASSERT_TRUE(rig.start());
        std::expected<Place, ResultCode> place = Place();
        for (uint32_t id = 1; place && id < 256; ++id) place = put(rig, MadeRecord(uint8_t(id), value(bytes, 'n')));
        EXPECT_EQ(place, std::unexpected(ResultCode::out_of_space)) << bytes;
        rig.world.run_for(2s);
        const uint64_t moved = rig.store->stats().blocks_defragged;
        rig.world.run_for(10s);
        EXPECT_EQ(rig.store->stats().blocks_defragged, moved) << "it goes on though nothing has changed";
    }
}

TEST(FullStore, WhatGarbageHoldsIsAvailable) {
    StoreStats stats{.size = 1000, .used = 800, .free_blocks_min = 2, .blocks_of_that = 100};
    EXPECT_EQ(stats.free_pct(), 2u);
    EXPECT_EQ(stats.available_pct(), 11u);
    stats.used = 890;
    EXPECT_EQ(stats.available_pct(), 2u);
}

}  // namespace
}  // namespace cairn::storage
