#pragma once
#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/runtime/task_group.h"
#include "node/partition/namespace.h"

namespace cairn::server {

class State;

enum class DistributionKind : uint8_t { ttl, object_size, object_size_linear };
/// "ttl", "object-size", "object-size-linear"
std::optional<DistributionKind> distribution_named(std::string_view name);

/// How the records of one namespace spread over time to live and size.
struct DistributionCounts {
    static constexpr size_t kTtlBuckets = 100;
    static constexpr size_t kLinearBuckets = 1024;

    /// @param linear_max_bytes  upper end of the linear sizes (`max-record-size`).
    explicit DistributionCounts(uint64_t linear_max_bytes);
    /// @param ttl_s  seconds left; nothing when the record never expires.
    void add(std::optional<uint64_t> ttl_s, uint64_t size_bytes);

    std::array<uint64_t, kTtlBuckets> ttl{};
    uint64_t ttl_width_s = 1;  // of a bucket; doubles when a record does not fit
    std::array<uint64_t, 32> sizes{};  // [2^i, 2^(i+1)) bytes; the first one from 0
    std::array<uint64_t, kLinearBuckets> linear{};
    uint64_t linear_width_bytes;
    uint64_t never_expire = 0;
};

/// What the last walk over a namespace found. Written on worker 0, read on all.
class Distribution {
public:
    void publish(const DistributionCounts& counts);
    /// The reply of `histogram:`; empty before the first walk.
    std::string text(DistributionKind kind) const;
    uint64_t never_expire() const;

private:
    mutable std::mutex mutex_;
    std::optional<DistributionCounts> counts_;
};

/// Walks all namespaces every `nsup-hist-period`, one index leaf between two turns of the loop. On worker 0.
runtime::Task<void> gather_distributions(runtime::TaskGroup& group, State& state);

}  // namespace cairn::server
