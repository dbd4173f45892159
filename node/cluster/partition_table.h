#pragma once
#include <span>

#include "node/cluster/table.h"

namespace cairn::cluster {

/// What one member says of one partition.
struct Report {
    NodeId node;
    DataInc data;
    const PartitionReport* partition;
};

/// All that the plan of one partition depends on.
struct PartitionCase {
    Ballot ballot;
    std::span<const Report> reports;  // of the members that have the namespace, ascending by node
    std::span<const NodeId> row;      // them in the partition's order, the targets first; in SC the whole roster
    size_t replicas;                  // wished, and possible
    bool strong;
    std::span<const NodeId> quorum_row;  // SC: the roster in the partition's order, whoever is quiesced
    size_t quorum_replicas;              // SC: of the roster
};

PartitionPlan plan_available(const PartitionCase& of);
PartitionPlan plan_strong(const PartitionCase& of);

}  // namespace cairn::cluster
