#include "bench/load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace cairn::bench {
namespace {

constexpr unsigned kSubBits = 7;  // 128 buckets to each power of two
constexpr uint64_t kSub = 1u << kSubBits;
constexpr uint64_t kMaxNs = (uint64_t{1} << 40) - 1;

}  // namespace

Histogram::Histogram() : buckets_(bucket_of(kMaxNs) + 1) {}

size_t Histogram::bucket_of(uint64_t ns) {
    if (ns < kSub) return ns;
    const unsigned shift = unsigned(std::bit_width(ns)) - kSubBits - 1;
    return size_t(shift) * kSub + (ns >> shift);
}

uint64_t Histogram::top_of(size_t bucket) {
    if (bucket < kSub) return bucket;
    const unsigned shift = unsigned(bucket / kSub) - 1;
    return ((bucket - shift * kSub + 1) << shift) - 1;
}

void Histogram::add(Duration latency) {
    const uint64_t ns = std::min<uint64_t>(uint64_t(std::max<int64_t>(latency.count(), 0)), kMaxNs);
    ++buckets_[bucket_of(ns)];
    ++count_;
    sum_ns_ += ns;
    max_ns_ = std::max(max_ns_, ns);
}

void Histogram::merge(const Histogram& other) {
    for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    sum_ns_ += other.sum_ns_;
    max_ns_ = std::max(max_ns_, other.max_ns_);
}

void Histogram::clear() { *this = Histogram(); }

double Histogram::mean_us() const { return count_ == 0 ? 0 : double(sum_ns_) / double(count_) / 1e3; }

double Histogram::percentile_us(double percent) const {
    if (count_ == 0) return 0;
    const auto wanted = std::max<uint64_t>(1, uint64_t(std::ceil(percent / 100 * double(count_))));
    uint64_t seen = 0;
    for (size_t i = 0; i < buckets_.size(); ++i) {
        seen += buckets_[i];
        if (seen >= wanted) return double(std::min(top_of(i), max_ns_)) / 1e3;
    }
    return max_us();
}

}  // namespace cairn::bench
