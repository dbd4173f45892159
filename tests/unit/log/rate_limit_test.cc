#include "common/log/rate_limit.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace cairn::log {
namespace {

TEST(RateLimit, AdmitsOnePerInterval) {
    RateLimit limit(1s);
    EXPECT_EQ(limit.admit(5s), 0);
    EXPECT_EQ(limit.admit(5s + 999ms), std::nullopt);
    EXPECT_EQ(limit.admit(6s), 1);
}

TEST(RateLimit, CountsAnewAfterEachLine) {
    RateLimit limit(1s);
    limit.admit(1s);
    limit.admit(1s);
    EXPECT_EQ(limit.admit(2s), 1);
    EXPECT_EQ(limit.admit(3s), 0);
}

TEST(RateLimit, AdmitsTheFirstLineAtTimeZero) {
    RateLimit limit(1s);
    EXPECT_EQ(limit.admit(0s), 0);
}

TEST(RateLimit, AdmitsOneOfManyThreads) {
    RateLimit limit(1s);
    std::atomic<int> admitted = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 100; ++i) admitted += limit.admit(1s).has_value();
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(admitted, 1);
    EXPECT_EQ(limit.admit(2s), 399);
}

}  // namespace
}  // namespace cairn::log
