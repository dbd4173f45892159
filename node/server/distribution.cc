#include "node/server/distribution.h"

#include <algorithm>
#include <bit>

#include "node/server/each_record.h"
#include "node/server/state.h"

namespace cairn::server {
namespace {

template <size_t N>
std::string bucket_list(std::string_view unit, uint64_t width, const std::array<uint64_t, N>& buckets) {
    std::string text = "units=" + std::string(unit) + ":hist-width=" + std::to_string(width * N) +
                       ":bucket-width=" + std::to_string(width) + ":buckets=";
    for (size_t i = 0; i < N; ++i) text += (i == 0 ? "" : ",") + std::to_string(buckets[i]);
    return text;
}

/// 512, 1K, 2M
std::string bound_text(uint64_t bytes) {
    if (bytes >= 1 << 20) return std::to_string(bytes >> 20) + "M";
    if (bytes >= 1 << 10) return std::to_string(bytes >> 10) + "K";
    return std::to_string(bytes);
}

std::string size_list(const std::array<uint64_t, 32>& sizes) {
    std::string text = "units=bytes";
    for (size_t i = 0; i < sizes.size(); ++i) {
        if (sizes[i] == 0) continue;
        text += ":[" + (i == 0 ? "0" : bound_text(uint64_t{1} << i)) + "-" + bound_text(uint64_t{2} << i) +
                ")=" + std::to_string(sizes[i]);
    }
    return text;
}

runtime::Task<void> walk(runtime::TaskGroup& group, partition::Namespace& ns, Distribution& distribution) {
    DistributionCounts counts(ns.max_record_size_bytes.load(std::memory_order_relaxed));
    const uint32_t now_s = group.loop().clock().epoch_s();
    const bool all = co_await each_record(group, ns, [&](const record::Head& record) {
        std::optional<uint64_t> ttl;
        if (record.void_time != 0) ttl = record.void_time - std::min(record.void_time, now_s);
        counts.add(ttl, record.size());
    });
    if (all) distribution.publish(counts);
}

}  // namespace

std::optional<DistributionKind> distribution_named(std::string_view name) {
    if (name == "ttl") return DistributionKind::ttl;
    if (name == "object-size") return DistributionKind::object_size;
    if (name == "object-size-linear") return DistributionKind::object_size_linear;
    return std::nullopt;
}

DistributionCounts::DistributionCounts(uint64_t linear_max_bytes)
    : linear_width_bytes(std::max<uint64_t>(1, linear_max_bytes / kLinearBuckets)) {}

void DistributionCounts::add(std::optional<uint64_t> ttl_s, uint64_t size_bytes) {
    if (ttl_s) {
        while (*ttl_s >= ttl_width_s * kTtlBuckets) {
            for (size_t i = 0; i < kTtlBuckets; ++i) {
                ttl[i] = i < kTtlBuckets / 2 ? ttl[2 * i] + ttl[2 * i + 1] : 0;
            }
            ttl_width_s *= 2;
        }
        ++ttl[*ttl_s / ttl_width_s];
    } else {
        ++never_expire;
    }
    ++sizes[size_bytes < 2 ? 0 : size_t(std::bit_width(size_bytes) - 1)];
    ++linear[std::min<uint64_t>(size_bytes / linear_width_bytes, kLinearBuckets - 1)];
}

void Distribution::publish(const DistributionCounts& counts) {
    const std::lock_guard lock(mutex_);
    counts_ = counts;
}

std::string Distribution::text(DistributionKind kind) const {
    const std::lock_guard lock(mutex_);
    if (!counts_) return "";
    switch (kind) {
        case DistributionKind::ttl: return bucket_list("seconds", counts_->ttl_width_s, counts_->ttl);
        case DistributionKind::object_size: return size_list(counts_->sizes);
        case DistributionKind::object_size_linear:
            return bucket_list("bytes", counts_->linear_width_bytes, counts_->linear);
    }
    return "";
}

uint64_t Distribution::never_expire() const {
    const std::lock_guard lock(mutex_);
    return counts_ ? counts_->never_expire : 0;
}

runtime::Task<void> gather_distributions(runtime::TaskGroup& group, State& state) {
    std::vector<std::optional<Instant>> done(state.namespaces.size());
    while (co_await group.sleep(1s)) {
        for (size_t i = 0; i < done.size() && !group.stopping(); ++i) {
            const auto period = std::chrono::seconds(state.config()->namespaces[i].nsup_hist_period_s);
            const Instant now = group.loop().clock().now();
            if (period == Duration::zero() || (done[i] && now - *done[i] < period)) continue;
            co_await walk(group, *state.namespaces[i], *state.distributions[i]);
            done[i] = now;
        }
    }
}

}  // namespace cairn::server
