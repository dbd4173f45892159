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
    uint64_t attributes_hash = 0;  // of its report without Cfgs: a change asks for a new view at the next recluster

    bool operator==(const Pulse&) const = default;
};

}  // namespace cairn::cluster
