#include "node/index/free_blocks.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/unit/index/support.h"

namespace cairn::index {
namespace {

TEST(FreeBlocks, GivesTheLowestRunThatIsLongEnough) {
    FreeBlocks free;
    for (const uint32_t block : {200u, 7u, 63u, 64u, 65u, 8u}) free.add(block);

    EXPECT_EQ(free.first_run(1), 7u);
    EXPECT_EQ(free.first_run(2), 7u);
    EXPECT_EQ(free.first_run(3), 63u);
    EXPECT_EQ(free.first_run(4), std::nullopt);
}

TEST(FreeBlocks, CountsTheRunBeforeAnEnd) {
    FreeBlocks free;
    for (const uint32_t block : {5u, 6u, 7u}) free.add(block);

    EXPECT_EQ(free.run_before(8), 3u);
    EXPECT_EQ(free.run_before(9), 0u);
}

TEST(FreeBlocks, FindsWhatASetFinds) {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        Draw draw(seed);
        FreeBlocks free;
        std::set<uint32_t> model;
        for (int step = 0; step < 2000; ++step) {
            const auto block = static_cast<uint32_t>(below(draw, 300));
            if (model.insert(block).second) {
                free.add(block);
            } else {
                model.erase(block);
                free.remove(block);
            }
            ASSERT_EQ(free.count(), model.size());
            const auto lowest = free.first_run(1);
            ASSERT_EQ(lowest.has_value(), !model.empty());
            if (lowest) ASSERT_EQ(*lowest, *model.begin());
        }
    }
}

}  // namespace
}  // namespace cairn::index
