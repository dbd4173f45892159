#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "common/base/time.h"
#include "common/metrics/counter.h"

namespace cairn::metrics {

/// What `latencies:` counts in: `msec` or `usec` (`microsecond-histograms`).
enum class Unit : uint8_t { milliseconds, microseconds };

/// `latencies:` tells for 1, 2, 4, … 65536 units how many operations were slower.
constexpr size_t kThresholdCount = 17;
/// Both units' thresholds in one order (1, 2, … 512 us, 1 ms, 1024 us, 2 ms, …), and one bucket for what is slower still.
constexpr size_t kBucketCount = 2 * kThresholdCount + 1;

/// The bucket of a duration: how many thresholds lie below it. A bucket holds (bound before, its bound].
constexpr size_t bucket_of(Duration duration) {
    const uint64_t below = duration.count() <= 0 ? 0 : uint64_t(duration.count() - 1);  // 2^k us < d: 2^k <= below / us
    const auto us = size_t(std::bit_width(below / 1'000));
    const auto ms = size_t(std::bit_width(below / 1'000'000));
    return std::min(us, kThresholdCount) + std::min(ms, kThresholdCount);
}

/// The upper bounds of all buckets but the last, ascending.
constexpr std::array<Duration, kBucketCount - 1> bucket_bounds() {
    std::array<Duration, kBucketCount - 1> bounds{};
    for (size_t i = 0; i < kThresholdCount; ++i) {
        bounds[i] = std::chrono::microseconds(1 << i);
        bounds[kThresholdCount + i] = std::chrono::milliseconds(1 << i);
    }
    std::ranges::sort(bounds);
    return bounds;
}

/// A histogram at one moment: a plain value to add, subtract and ask.
struct HistogramSnapshot {
    std::array<uint64_t, kBucketCount> counts{};
    uint64_t sum_ns = 0;

    uint64_t count() const;
    /// Adds another worker's.
    void merge(const HistogramSnapshot& other);
    /// What was recorded since `earlier`, a snapshot of the same histograms.
    HistogramSnapshot since(const HistogramSnapshot& earlier) const;
    /// How many took longer than 2^`threshold` units; threshold 0 to 16.
    uint64_t slower_than(Unit unit, size_t threshold) const;
};

/// One entry of `latencies:` and of the latency metrics.
struct LatencyRow {
    double per_second = 0;
    std::array<double, kThresholdCount> percent_slower{};  // than 1, 2, 4, … 65536 units; 0 to 100
};

/// @param window  how long `recorded` took to gather; more than 0.
LatencyRow latency_row(const HistogramSnapshot& recorded, Unit unit, Duration window);

/// Latencies of one kind of operation. Written by one thread, read by any; 288 bytes.
class Histogram {
public:
    /// @param n  operations that took so long.
    void record(Duration duration, uint64_t n = 1) {
        counts_[bucket_of(duration)].add(n);
        sum_ns_.add(n * uint64_t(std::max(duration.count(), Duration::rep(0))));
    }
    HistogramSnapshot snapshot() const;

private:
    std::array<Counter, kBucketCount> counts_;
    Counter sum_ns_;
};

}  // namespace cairn::metrics
