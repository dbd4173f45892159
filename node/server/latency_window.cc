#include "node/server/latency_window.h"

#include "node/server/state.h"

namespace cairn::server {
namespace {

struct NamespaceHistogram {
    std::string_view operation;
    metrics::Histogram txn::NamespaceCounters::* member;
};
constexpr NamespaceHistogram kNamespaceHistograms[] = {
    {"read", &txn::NamespaceCounters::read_latency},
    {"write", &txn::NamespaceCounters::write_latency},
    {"udf", &txn::NamespaceCounters::udf_latency},
    {"batch-sub-read", &txn::NamespaceCounters::batch_sub_read_latency},
    {"batch-sub-write", &txn::NamespaceCounters::batch_sub_write_latency},
    {"batch-sub-udf", &txn::NamespaceCounters::batch_sub_udf_latency},
    {"pi-query", &txn::NamespaceCounters::pi_query_latency},
    {"si-query", &txn::NamespaceCounters::si_query_latency},
};

metrics::LatencyTotal of_node(const State& state, std::string name, metrics::Histogram NodeCounters::* member) {
    metrics::LatencyTotal total{"", std::move(name), {}};
    for (const NodeCounters* worker : state.node_counters) total.recorded.merge((worker->*member).snapshot());
    return total;
}

}  // namespace

std::vector<metrics::LatencyTotal> latency_totals(const State& state) {
    std::vector<metrics::LatencyTotal> totals;
    totals.push_back(of_node(state, "batch-index", &NodeCounters::batch_index_latency));
    totals.push_back(of_node(state, "info", &NodeCounters::info_latency));
    for (const auto& ns : state.namespaces) {
        for (const auto& [operation, member] : kNamespaceHistograms) {
            auto& total = totals.emplace_back(metrics::LatencyTotal{ns->name, std::string(operation), {}});
            for (const auto* worker : state.namespace_counters) {
                total.recorded.merge(((*worker)[ns->index].*member).snapshot());
            }
        }
    }
    return totals;
}

void LatencyWindow::turn(std::vector<metrics::LatencyTotal> totals, Instant now) {
    const std::lock_guard lock(mutex_);
    if (now <= turned_) return;
    in_interval_.clear();
    for (size_t i = 0; i < totals.size(); ++i) {
        const bool known = i < totals_.size();  // the list of histograms never changes
        in_interval_.push_back(known ? totals[i].recorded.since(totals_[i].recorded) : totals[i].recorded);
    }
    totals_ = std::move(totals);
    interval_ = now - turned_;
    turned_ = now;
}

std::optional<metrics::LatencyRow> LatencyWindow::row(std::string_view ns, std::string_view operation,
                                                      metrics::Unit unit) const {
    const std::lock_guard lock(mutex_);
    for (size_t i = 0; i < totals_.size(); ++i) {
        if (totals_[i].ns != ns || totals_[i].operation != operation) continue;
        if (totals_[i].recorded.count() == 0) return std::nullopt;
        return metrics::latency_row(in_interval_[i], unit, interval_);
    }
    return std::nullopt;
}

}  // namespace cairn::server
