#pragma once
#include <array>
#include <cstdint>

#include "node/cluster/ids.h"

namespace cairn::cluster {

/// How much one node wants each partition: the node with the highest score comes first in the partition's row. Depends
/// on the node and the partition alone, so a node that comes or goes changes nothing between the others.
///
/// The leading bits are the partition's rank in an order of all partitions that is the node's own. So each node has
/// every rank once, and the nodes' shares differ less than with independent hashes (docs/decisions/007-cluster-machines.md).
class Rendezvous {
public:
    explicit Rendezvous(NodeId node);

    /// Two nodes' scores of one partition differ but for chance of 2^-64.
    uint64_t score(PartitionId partition) const;

private:
    static constexpr size_t kRounds = 4;

    NodeId node_;
    std::array<std::array<uint8_t, 64>, kRounds> rounds_;  // of a Feistel network over 12 bits; 6 bits each
};

}  // namespace cairn::cluster
