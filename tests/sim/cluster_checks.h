#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "node/cluster/membership.h"

namespace cairn::sim {

/// What an observer of all nodes of a cluster may never see; keeps the first violation.
class ClusterChecks {
public:
    using Formed = cluster::Formed;

    void promised(const cluster::Member& member, cluster::Ballot ballot);
    void accepted(const cluster::Member& member, const Formed& formed);
    /// What the node accepted is on its disk.
    void accepted_durably(const cluster::Member& member, cluster::Ballot ballot);
    void active(const cluster::Member& member, const Formed& formed);
    /// SC: a write was acknowledged.
    void acknowledged(size_t partition, cluster::Regime regime);

    void violate(std::string what) {
        if (!violation_) violation_ = std::move(what);
    }
    const std::optional<std::string>& violation() const { return violation_; }
    /// Views that became active anywhere.
    size_t views() const { return active_views_.size(); }

private:
    void same_for_all(const Formed& formed);
    bool share_a_member(cluster::Ballot one, cluster::Ballot other) const;

    std::optional<std::string> violation_;
    std::map<cluster::Ballot, std::pair<cluster::View, uint64_t>> views_;  // with the table's hash
    std::map<std::pair<cluster::NodeId, cluster::Incarnation>, cluster::Ballot> promises_;  // the highest
    std::set<std::pair<cluster::Member, cluster::Ballot>> promises_made_;
    std::map<std::pair<cluster::NodeId, cluster::Incarnation>, cluster::Ballot> acceptances_;
    std::map<cluster::Ballot, std::set<cluster::Member>> durable_;
    std::set<cluster::Ballot> active_views_;
    std::map<std::tuple<std::string, size_t, cluster::Regime>, std::pair<cluster::NodeId, cluster::Ballot>> masters_;
    std::map<size_t, cluster::Regime> regimes_;
};

}  // namespace cairn::sim
