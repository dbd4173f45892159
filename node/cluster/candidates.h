#pragma once
#include <bitset>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "node/cluster/pulse.h"

namespace cairn::cluster {

/// More are named only by a peer that makes them up.
constexpr size_t kGraphNodesMax = 2 * kNodesMax;

/// Who hears whom, as one node knows it: from its own ears and from the pulses of those it hears.
class HearingGraph {
public:
    /// @param heard  by that node; its own, or from its pulse.
    void add(Process node, const std::vector<Process>& heard) { heard_by_[node] = {heard.begin(), heard.end()}; }

    /// Whether two nodes hear each other: a link of one way is none. Of a node whose pulses do not reach us its peers'
    /// word counts.
    bool edge(Process a, Process b) const;
    /// All that speak or are heard by one who does, ascending; kGraphNodesMax at most.
    std::vector<Process> nodes() const;
    using Edges = std::bitset<kGraphNodesMax>;
    std::vector<Edges> edges(const std::vector<Process>& nodes) const;

private:
    std::map<Process, std::set<Process>> heard_by_;
};

/// What makes a node come earlier in the choice of candidates.
struct CandidateRules {
    std::set<NodeId> roster;  // of SC namespaces
    std::set<NodeId> view;  // members of the present view
    std::set<Process> stayed = {};  // their processes; nothing: not known
    std::function<bool(Process)> excluded = {};  // known to have ended, or on hold
};

/// Whom a view should have: a clique, chosen greedily (roster first, then the present view's processes, then its
/// nodes that have begun anew, then who has most edges, then the higher id), so that all who know the same graph choose the same, and a node that two sides hear goes with
/// the present view's side. May leave out the one who asks: it then waits.
/// @return  ascending by id.
std::vector<Process> choose_candidates(const HearingGraph& graph, const CandidateRules& rules);

}  // namespace cairn::cluster
