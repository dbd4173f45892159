#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "node/cluster/view.h"

namespace cairn::cluster {

/// A process of a node, as its pulses name it.
struct Process {
    NodeId id = 0;
    Boot boot = 0;
    auto operator<=>(const Process&) const = default;
};

/// What every node tells every node it knows, once in an interval.
struct Pulse {
    Member from{};
    Ballot promised{};
    Ballot view{};                   // the view it is active in, or none
    std::vector<NodeId> members{};   // of that view, ascending
    std::vector<Process> heard{};    // from which it had a pulse within the time-out; ascending
    bool wants_view = false;  // asks for a new view of the same members: its attributes are to take effect

    bool operator==(const Pulse&) const = default;
};

}  // namespace cairn::cluster
