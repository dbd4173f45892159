#pragma once
#include <cstdint>
#include <vector>

#include "common/base/time.h"

namespace cairn::bench {

/// Latencies in log-linear buckets: 128 to each power of two, so a reading is at most 0.8 % above the truth.
/// Holds up to 18 minutes; longer counts as that.
class Histogram {
public:
    Histogram();

    void add(Duration latency);
    void merge(const Histogram& other);
    void clear();

    uint64_t count() const { return count_; }
    double mean_us() const;
    double max_us() const { return double(max_ns_) / 1e3; }
    /// The latency that `percent` of all do not exceed, microseconds; 0 when empty.
    double percentile_us(double percent) const;

private:
    static size_t bucket_of(uint64_t ns);
    /// Largest value that falls into the bucket.
    static uint64_t top_of(size_t bucket);

    std::vector<uint64_t> buckets_;
    uint64_t count_ = 0;
    uint64_t sum_ns_ = 0;
    uint64_t max_ns_ = 0;
};

}  // namespace cairn::bench
