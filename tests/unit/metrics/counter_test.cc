#include "common/metrics/counter.h"

#include <gtest/gtest.h>

#include <thread>

#include "common/metrics/histogram.h"

namespace cairn::metrics {
namespace {

TEST(Counter, CountsUp) {
    Counter counter;
    counter.add();
    counter.add(41);
    EXPECT_EQ(counter.get(), 42);
}

TEST(Gauge, GoesUpAndDown) {
    Gauge gauge;
    gauge.set(5);
    gauge.add(-8);
    EXPECT_EQ(gauge.get(), -3);
}

// Under TSan this proves that a scrape may read while a worker writes.
TEST(Counter, IsReadWhileWritten) {
    Counter counter;
    Gauge gauge;
    Histogram histogram;
    std::thread writer([&] {
        for (int i = 0; i < 10'000; ++i) {
            counter.add();
            gauge.add(-1);
            histogram.record(5us);
        }
    });
    uint64_t last = 0;
    while (last < 10'000) {
        const auto now = counter.get();
        EXPECT_LE(last, now);
        EXPECT_LE(histogram.snapshot().count(), 10'000);
        EXPECT_LE(gauge.get(), 0);
        last = now;
    }
    writer.join();
    EXPECT_EQ(gauge.get(), -10'000);
    EXPECT_EQ(histogram.snapshot().count(), 10'000);
}

}  // namespace
}  // namespace cairn::metrics
