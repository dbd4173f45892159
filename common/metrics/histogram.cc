#include "common/metrics/histogram.h"

#include <functional>
#include <numeric>

#include "common/base/check.h"

namespace cairn::metrics {

uint64_t HistogramSnapshot::count() const { return std::accumulate(counts.begin(), counts.end(), uint64_t(0)); }

void HistogramSnapshot::merge(const HistogramSnapshot& other) {
    std::ranges::transform(counts, other.counts, counts.begin(), std::plus());
    sum_ns += other.sum_ns;
}

HistogramSnapshot HistogramSnapshot::since(const HistogramSnapshot& earlier) const {
    HistogramSnapshot recorded;
    std::ranges::transform(counts, earlier.counts, recorded.counts.begin(), std::minus());
    recorded.sum_ns = sum_ns - earlier.sum_ns;
    return recorded;
}

uint64_t HistogramSnapshot::slower_than(Unit unit, size_t threshold) const {
    CAIRN_CHECK(threshold < kThresholdCount);
    const int64_t bound = int64_t(1) << threshold;
    const size_t last = bucket_of(unit == Unit::milliseconds ? bound * 1ms : bound * 1us);
    return std::accumulate(counts.begin() + ptrdiff_t(last) + 1, counts.end(), uint64_t(0));
}

LatencyRow latency_row(const HistogramSnapshot& recorded, Unit unit, Duration window) {
    CAIRN_CHECK(window > 0s);
    LatencyRow row;
    const auto count = double(recorded.count());
    if (count == 0) return row;

    row.per_second = count / std::chrono::duration<double>(window).count();
    for (size_t i = 0; i < kThresholdCount; ++i) {
        row.percent_slower[i] = 100.0 * double(recorded.slower_than(unit, i)) / count;
    }
    return row;
}

HistogramSnapshot Histogram::snapshot() const {
    HistogramSnapshot taken;
    std::ranges::transform(counts_, taken.counts.begin(), &Counter::get);
    taken.sum_ns = sum_ns_.get();
    return taken;
}

}  // namespace cairn::metrics
