#pragma once
#include <mutex>
#include <optional>
#include <vector>

#include "node/copies/copies.h"

namespace cairn::server {

/// How fast copies are filled, and when that will be over: of each namespace, smoothed over some seconds. Looked at each
/// second on one loop, asked on any thread.
class MigrationPace {
public:
    struct Pace {
        uint64_t bytes_per_second = 0;  // sent and received
        std::optional<uint64_t> eta_s{};  // nothing: there is nothing to do, or nothing moves
    };
    /// @param copies  by namespace index.
    void look(const std::vector<const copies::Copies*>& copies, Instant now);
    Pace of(size_t ns) const;

private:
    struct Namespace {
        uint64_t bytes = 0;
        size_t unfinished = 0;
        double bytes_per_second = 0;
        double partitions_per_second = 0;
    };
    mutable std::mutex mutex_;
    Instant looked_at_{};
    std::vector<Namespace> namespaces_;
};

}  // namespace cairn::server
