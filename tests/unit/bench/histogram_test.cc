#include "bench/load/histogram.h"

#include <gtest/gtest.h>

namespace cairn::bench {
namespace {

TEST(Histogram, AReadingIsAtMostOnePercentAboveTheTruth) {
    for (int64_t ns = 1; ns < 1'000'000'000'000; ns = ns * 3 + 1) {
        Histogram histogram;
        histogram.add(Duration(ns));
        histogram.add(Duration(int64_t{1} << 39));  // so that the maximum does not mend the reading
        const double read_ns = histogram.percentile_us(50) * 1e3;
        EXPECT_GE(read_ns, double(ns) * 0.999999) << ns;
        EXPECT_LE(read_ns, double(ns) * 1.008 + 1) << ns;
    }
}

TEST(Histogram, PercentilesCountFromBelow) {
    Histogram histogram;
    for (int us = 1; us <= 100; ++us) histogram.add(Duration(us * 1000));
    EXPECT_NEAR(histogram.percentile_us(50), 50, 0.5);
    EXPECT_NEAR(histogram.percentile_us(99), 99, 1);
    EXPECT_EQ(histogram.percentile_us(100), 100);
    EXPECT_EQ(histogram.max_us(), 100);
    EXPECT_NEAR(histogram.mean_us(), 50.5, 0.001);
}

TEST(Histogram, MergingIsTheSameAsAddingToOne) {
    Histogram a, b, both;
    for (int i = 0; i < 1000; ++i) {
        (i % 3 == 0 ? a : b).add(Duration(i * i));
        both.add(Duration(i * i));
    }
    a.merge(b);
    for (const double percent : {1.0, 50.0, 99.9}) EXPECT_EQ(a.percentile_us(percent), both.percentile_us(percent));
    EXPECT_EQ(a.count(), both.count());
}

TEST(Histogram, BeyondItsRangeCountsAsItsEnd) {
    Histogram histogram;
    histogram.add(std::chrono::hours(10));
    EXPECT_EQ(histogram.count(), 1u);
    EXPECT_GT(histogram.percentile_us(50), 1e9);
}

}  // namespace
}  // namespace cairn::bench
