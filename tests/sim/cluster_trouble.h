#pragma once
#include <functional>
#include <map>
#include <set>

#include "tests/sim/whole_cluster.h"

namespace cairn::sim {

/// What happens to the nodes of a WholeCluster, one round after another: some are lost or cut off for a while, no more at
/// once than its shape allows, while clocks are set, connections break, racks change and nodes are quiesced. When a round
/// ends, nobody is in trouble any more.
class ClusterTrouble {
public:
    /// @param cluster  outlives this.
    ClusterTrouble(World& world, WholeCluster& cluster) : world_(world), cluster_(cluster) {}

    /// One round, of some seconds; all copies are there when it begins. From outside the loops.
    void round();

private:
    using Act = std::function<void()>;
    void at(Duration when, Act act) { plan_.emplace(world_.now() + when, std::move(act)); }
    void lose_one(size_t victim);
    void end_and_return(size_t victim, Duration begins, Duration lasts);
    void isolate(size_t victim, Duration begins, Duration lasts);
    void flap(size_t victim, Duration begins, Duration lasts);
    void leave(size_t victim, Duration begins);
    void quiesce_one();
    void annoy();
    void run();
    Duration some_time();
    size_t any_node() { return world_.dice().below(cluster_.size()); }

    World& world_;
    WholeCluster& cluster_;
    std::multimap<Instant, Act> plan_;
    bool alone_ = false;  // one node has all there is
};

}  // namespace cairn::sim
