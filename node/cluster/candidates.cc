#include "node/cluster/candidates.h"

#include <algorithm>
#include <tuple>

namespace cairn::cluster {

bool HearingGraph::edge(Process a, Process b) const {
    const auto hears = [&](Process ear, Process voice) {
        const auto known = heard_by_.find(ear);
        return known == heard_by_.end() || known->second.contains(voice);
    };
    return hears(a, b) && hears(b, a);
}

std::vector<Process> HearingGraph::nodes() const {
    std::vector<Process> nodes;
    std::set<NodeId> speakers;
    for (const auto& [node, heard] : heard_by_) {
        nodes.push_back(node);
        speakers.insert(node.id);
    }
    std::set<Process> silent;
    for (const auto& [node, heard] : heard_by_) {
        for (const Process process : heard) {
            // An earlier process of a node that speaks itself is an echo.
            if (!speakers.contains(process.id)) silent.insert(process);
        }
    }
    for (const Process process : silent) {
        if (nodes.size() < kGraphNodesMax) nodes.push_back(process);
    }
    std::ranges::sort(nodes);
    return nodes;
}

/// By position in `nodes`: who has an edge to whom.
std::vector<HearingGraph::Edges> HearingGraph::edges(const std::vector<Process>& nodes) const {
    const size_t count = nodes.size();
    std::vector<Edges> hears(count);
    for (size_t n = 0; n < count; ++n) {
        const auto known = heard_by_.find(nodes[n]);
        if (known == heard_by_.end()) hears[n].set();
        if (known == heard_by_.end()) continue;
        for (const Process process : known->second) {
            const auto at = std::ranges::lower_bound(nodes, process);
            if (at != nodes.end() && *at == process) hears[n].set(static_cast<size_t>(at - nodes.begin()));
        }
    }
    std::vector<Edges> edges(count);
    for (size_t a = 0; a < count; ++a) {
        for (size_t b = 0; b < count; ++b) {
            const bool one_node = nodes[a].id == nodes[b].id;
            if (!one_node && hears[a][b] && hears[b][a]) edges[a].set(b);
        }
    }
    return edges;
}

std::vector<Process> choose_candidates(const HearingGraph& graph, const CandidateRules& rules) {
    auto nodes = graph.nodes();
    if (rules.excluded) std::erase_if(nodes, rules.excluded);
    const auto edges = graph.edges(nodes);
    using Rank = std::tuple<bool, bool, bool, size_t, size_t>;
    std::vector<Rank> ranked;
    for (size_t n = 0; n < nodes.size(); ++n) {  // positions are in the order of ids
        ranked.emplace_back(rules.roster.contains(nodes[n].id), rules.stayed.contains(nodes[n]),
                            rules.view.contains(nodes[n].id), edges[n].count(), n);
    }
    std::ranges::sort(ranked, std::greater());
    HearingGraph::Edges taken;
    std::vector<Process> chosen;
    for (const Rank& rank : ranked) {
        const size_t n = std::get<4>(rank);
        if ((taken & ~edges[n]).any()) continue;
        taken.set(n);
        chosen.push_back(nodes[n]);
    }
    std::ranges::sort(chosen);
    return chosen;
}

}  // namespace cairn::cluster
