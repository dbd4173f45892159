#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/cluster_user.h"

namespace cairn::sim {

struct WholeClusterShape {
    replication::ReplicationMutants mutants = {};
    size_t users = 4;
    size_t registers = 50;  // of each user
    size_t rounds = 4;      // of trouble for one node
};

/// Three nodes and their users. One node at a time is in trouble, and the next only when all copies are complete again:
/// so nothing that was acknowledged may be missing.
class WholeClusterHistory {
public:
    WholeClusterHistory(uint64_t seed, const WholeClusterShape& shape);
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
    void trouble();

    World world_;
    const WholeClusterShape shape_;
    std::unique_ptr<WholeCluster> cluster_;
    SimMachine* users_on_;
    Counters counters_{};
    std::vector<std::unique_ptr<ClusterUser>> users_;
};

}  // namespace cairn::sim
