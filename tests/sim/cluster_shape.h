#pragma once
#include "node/config/node_config.h"
#include "node/copies/driver.h"
#include "tests/sim/dice.h"

namespace cairn::sim {

/// What a cluster of whole nodes is, and what may happen to it.
struct ClusterShape {
    enum class Trouble : uint8_t {
        /// Nodes are lost, fewer at a time than there are copies, and none goes on alone. Clocks are as wrong as they like.
        losses,
        /// Nodes may also be cut off, and go on alone; users stay away from them.
        islands,
        /// Anything at once, to any number of nodes; users go anywhere. What was acknowledged may be lost.
        any,
    };

    size_t nodes = 3;
    size_t beginners = 3;  // of them; the others come later, or never
    uint32_t copies = 2;
    Trouble trouble = Trouble::islands;
    bool on_files = false;
    bool commit_to_device = false;
    uint32_t racks = 1;
    ConflictResolution policy = ConflictResolution::last_update_time;
    copies::Trial trial = {.partitions = 16};

    size_t users = 4;
    size_t records = 50;  // of each user's own
    Duration think_max = 2ms;  // of a user, between two requests
    bool removes = false;  // users remove records
    bool durably = false;  // ... with tombstones
    Duration lasts = 60s;

    /// Whether acknowledged changes may be missing.
    bool lossy() const { return trouble == Trouble::any; }
};

/// 1 to 7 nodes, and all the rest.
ClusterShape draw_cluster(Dice dice);

/// In words, for a failing seed.
std::string describe(const ClusterShape& shape);

}  // namespace cairn::sim
