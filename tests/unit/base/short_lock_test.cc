#include "common/base/short_lock.h"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>
#include <vector>

namespace cairn {
namespace {

TEST(ShortLock, LetsOneInAtATime) {
    ShortLock lock;
    ASSERT_TRUE(lock.try_lock());
    EXPECT_FALSE(lock.try_lock());
    lock.unlock();
    EXPECT_TRUE(lock.try_lock());
    lock.unlock();
}

TEST(ShortLock, WhoSleepsBeforeItIsWoken) {
    ShortLock lock;
    constexpr int kThreads = 4;
    constexpr int kEntries = 20'000;
    uint64_t inside = 0;  // unguarded but for the door
    std::vector<std::thread> threads;
    lock.lock();
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < kEntries; ++n) {
                const std::lock_guard entry(lock);
                ++inside;
            }
        });
    }
    lock.unlock();
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(inside, uint64_t{kThreads} * kEntries);
}

}  // namespace
}  // namespace cairn
