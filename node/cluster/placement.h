#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "node/cluster/ids.h"

namespace cairn::cluster {

/// What placement knows of a node of a namespace.
struct PlacedNode {
    NodeId id = 0;
    uint32_t rack = 0;
    bool quiesced = false;
};

struct PlacementRules {
    uint32_t replication_factor = 2;
    bool uniform_balance = true;         // `prefer-uniform-balance`
    uint32_t active_rack = 0;            // all masters there, if racks are no more than replicas; 0: none
    uint32_t partitions = kPartitionCount;  // fewer in tests
};

/// Where the copies of a namespace's partitions belong. A pure function of nodes and rules, so that all nodes agree;
/// the order in which the nodes are named does not matter.
///
/// A partition's row is all nodes in the order in which they are wanted: the master, the other targets, then whoever
/// steps in next; quiesced nodes last. Targets stand on as many racks as there are, evenly when they are more than
/// racks. With uniform balance a node has at most 4 % more copies than its share, as long as racks allow.
class Placement {
public:
    /// @param nodes  distinct ids; at most kNodesMax.
    Placement(std::vector<PlacedNode> nodes, const PlacementRules& rules);

    /// By ascending id. Rows hold positions in here.
    const std::vector<PlacedNode>& nodes() const { return nodes_; }
    /// Copies of each partition: the replication factor, or the number of nodes that are not quiesced if they are
    /// fewer (all being quiesced, none counts as that).
    size_t replicas() const { return replicas_; }
    std::span<const uint16_t> row(PartitionId partition) const {
        return std::span(rows_).subspan(partition * nodes_.size(), nodes_.size());
    }
    std::span<const uint16_t> targets(PartitionId partition) const { return row(partition).first(replicas_); }

private:
    std::vector<PlacedNode> nodes_;
    size_t replicas_ = 0;
    std::vector<uint16_t> rows_;
};

}  // namespace cairn::cluster
