#include "common/metrics/histogram.h"

#include <gtest/gtest.h>

namespace cairn::metrics {
namespace {

TEST(Buckets, HoldEveryBoundAndNotOneNanosecondMore) {
    const auto bounds = bucket_bounds();
    for (size_t i = 0; i < bounds.size(); ++i) {
        EXPECT_EQ(bucket_of(bounds[i]), i) << bounds[i].count();
        EXPECT_EQ(bucket_of(bounds[i] + Duration(1)), i + 1) << bounds[i].count();
    }
}

TEST(Buckets, TakeAnyDuration) {
    EXPECT_EQ(bucket_of(-5s), 0);
    EXPECT_EQ(bucket_of(0s), 0);
    EXPECT_EQ(bucket_of(Duration::max()), kBucketCount - 1);
}

TEST(Snapshot, TellsHowManyWereSlowerInEitherUnit) {
    Histogram histogram;
    histogram.record(1ms);            // not slower than 1 ms, slower than 512 us
    histogram.record(1ms + 10us);     // slower than 1 ms, not than 1024 us
    histogram.record(3ms);
    const auto taken = histogram.snapshot();
    EXPECT_EQ(taken.slower_than(Unit::milliseconds, 0), 2);  // 1 ms
    EXPECT_EQ(taken.slower_than(Unit::milliseconds, 1), 1);  // 2 ms
    EXPECT_EQ(taken.slower_than(Unit::milliseconds, 2), 0);  // 4 ms
    EXPECT_EQ(taken.slower_than(Unit::microseconds, 9), 3);  // 512 us
    EXPECT_EQ(taken.slower_than(Unit::microseconds, 10), 1);  // 1024 us
    EXPECT_EQ(taken.slower_than(Unit::microseconds, 12), 0);  // 4096 us
}

TEST(Snapshot, MergesWorkers) {
    Histogram first;
    Histogram second;
    first.record(10us);
    second.record(10us);
    second.record(70s);
    auto all = first.snapshot();
    all.merge(second.snapshot());
    EXPECT_EQ(all.count(), 3);
    EXPECT_EQ(all.counts[bucket_of(10us)], 2);
    EXPECT_EQ(all.slower_than(Unit::milliseconds, 16), 1);
    EXPECT_EQ(all.sum_ns, 70'000'020'000);
}

TEST(Snapshot, TellsWhatCameSinceAnother) {
    Histogram histogram;
    histogram.record(10us);
    const auto before = histogram.snapshot();
    histogram.record(5ms);
    const auto since = histogram.snapshot().since(before);
    EXPECT_EQ(since.count(), 1);
    EXPECT_EQ(since.counts[bucket_of(5ms)], 1);
    EXPECT_EQ(since.sum_ns, 5'000'000);
}

TEST(LatencyRow, HasRateAndPercentages) {
    Histogram histogram;
    for (int i = 0; i < 90; ++i) histogram.record(100us);
    for (int i = 0; i < 10; ++i) histogram.record(3ms);
    const auto row = latency_row(histogram.snapshot(), Unit::milliseconds, 10s);
    EXPECT_DOUBLE_EQ(row.per_second, 10.0);
    EXPECT_DOUBLE_EQ(row.percent_slower[0], 10.0);
    EXPECT_DOUBLE_EQ(row.percent_slower[1], 10.0);
    EXPECT_DOUBLE_EQ(row.percent_slower[2], 0.0);
}

TEST(LatencyRow, OfNothingIsZero) {
    const auto row = latency_row({}, Unit::microseconds, 10s);
    EXPECT_EQ(row.per_second, 0);
    EXPECT_EQ(row.percent_slower[0], 0);
}

}  // namespace
}  // namespace cairn::metrics
