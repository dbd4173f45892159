#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/cluster_trouble.h"
#include "tests/sim/cluster_user.h"

namespace cairn::sim {

/// Nodes and their users, and trouble in rounds: the next one begins only when all copies are complete again. So nothing
/// that was acknowledged may be missing, as long as fewer nodes are lost in a round than there are copies.
class WholeClusterHistory {
public:
    WholeClusterHistory(uint64_t seed, const ClusterShape& shape);
    /// Of a shape that follows from the seed.
    explicit WholeClusterHistory(uint64_t seed) : WholeClusterHistory(seed, draw_cluster(Dice(~seed))) {}
    ~WholeClusterHistory();

    /// @return  what went wrong first.
    std::optional<std::string> run();

    // For tests that make their own trouble. All of them look at what they find.
    void start();
    void write_all();
    void read_all();
    /// All copies are there again, and equal.
    void complete();
    WholeCluster& cluster() { return *cluster_; }
    World& world() { return world_; }
    ClusterUser::Totals totals() const;
    uint64_t trace_hash() { return world_.trace_hash(); }

private:
    void users_end();

    World world_;
    const ClusterShape shape_;
    std::unique_ptr<WholeCluster> cluster_;
    ClusterTrouble trouble_;
    SimMachine* users_on_;
    SharedRecords shared_{};
    std::vector<std::unique_ptr<ClusterUser>> users_;
};

}  // namespace cairn::sim
