#pragma once
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "common/base/time.h"
#include "common/metrics/histogram.h"
#include "node/metrics/snapshot.h"

namespace cairn::server {

class State;

/// Every histogram of the node since start, all workers merged; `batch-index` and `info` without a namespace.
std::vector<metrics::LatencyTotal> latency_totals(const State& state);

/// What the histograms gathered in the last whole ticker interval: `latencies:` tells of it. Turned on worker 0, read
/// on all.
class LatencyWindow {
public:
    /// Begins the first interval.
    explicit LatencyWindow(Instant now) : turned_(now) {}

    /// Ends an interval and begins the next one.
    /// @param totals  latency_totals() of now.
    void turn(std::vector<metrics::LatencyTotal> totals, Instant now);

    /// @return  nothing while the histogram never had a sample.
    std::optional<metrics::LatencyRow> row(std::string_view ns, std::string_view operation, metrics::Unit unit) const;

private:
    mutable std::mutex mutex_;
    std::vector<metrics::LatencyTotal> totals_;            // at the last turn
    std::vector<metrics::HistogramSnapshot> in_interval_;  // of the same order
    Duration interval_{1s};
    Instant turned_;
};

}  // namespace cairn::server
