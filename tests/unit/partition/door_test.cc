#include "node/partition/door.h"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>
#include <vector>

namespace cairn::partition {
namespace {

TEST(Door, LetsOneInAtATime) {
    Door door;
    ASSERT_TRUE(door.try_lock());
    EXPECT_FALSE(door.try_lock());
    door.unlock();
    EXPECT_TRUE(door.try_lock());
    door.unlock();
}

TEST(Door, WhoSleepsBeforeItIsWoken) {
    Door door;
    constexpr int kThreads = 4;
    constexpr int kEntries = 20'000;
    uint64_t inside = 0;  // unguarded but for the door
    std::vector<std::thread> threads;
    door.lock();
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < kEntries; ++n) {
                const std::lock_guard entry(door);
                ++inside;
            }
        });
    }
    door.unlock();
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(inside, uint64_t{kThreads} * kEntries);
}

}  // namespace
}  // namespace cairn::partition
