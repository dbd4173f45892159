#include "node/cluster/candidates.h"

#include <gtest/gtest.h>

#include <random>

#include "node/cluster/contains.h"

namespace cairn::cluster {
namespace {

/// Each pair hears each other.
class Links {
public:
    void add(NodeId a, NodeId b) {
        heard_[a].push_back({b, 1});
        heard_[b].push_back({a, 1});
    }
    void add_one_way(NodeId hears, NodeId whom) {
        heard_[hears].push_back({whom, 1});
        heard_[whom];
    }
    void add_node(NodeId node) { heard_[node]; }
    /// As `self` knows it: the pulses of those that it hears.
    HearingGraph known_to(NodeId self) const {
        HearingGraph graph;
        graph.add({self, 1}, heard_.at(self));
        for (const Process process : heard_.at(self)) graph.add(process, heard_.at(process.id));
        return graph;
    }
    std::vector<NodeId> chosen_by(NodeId self, CandidateRules rules = {}) const {
        std::vector<NodeId> ids;
        for (const Process process : choose_candidates(known_to(self), rules)) ids.push_back(process.id);
        return ids;
    }

private:
    std::map<NodeId, std::vector<Process>> heard_;
};
using Ids = std::vector<NodeId>;

TEST(Candidates, AreAllWhoHearEachOther) {
    Links links;
    links.add(1, 2);
    links.add(2, 3);
    links.add(1, 3);
    EXPECT_EQ(links.chosen_by(1), (Ids{1, 2, 3}));
}

TEST(Candidates, LeaveOutOneOfTwoThatDoNotHearEachOther) {
    Links links;  // all but 3-4
    links.add(1, 2);
    links.add(1, 3);
    links.add(1, 4);
    links.add(2, 3);
    links.add(2, 4);
    for (const NodeId self : {1, 2, 3, 4}) EXPECT_EQ(links.chosen_by(self), (Ids{1, 2, 4})) << "asked " << self;
}

TEST(Candidates, TakeALinkOfOneWayForNone) {
    Links links;
    links.add(1, 2);
    links.add(1, 3);
    links.add_one_way(3, 2);
    for (const NodeId self : {1, 3}) EXPECT_EQ(links.chosen_by(self), (Ids{1, 3})) << "asked " << self;
}

TEST(Candidates, KeepABridgeOnThePresentViewsSide) {
    Links links;
    links.add(1, 2);
    links.add(2, 3);
    EXPECT_EQ(links.chosen_by(2), (Ids{2, 3}));
    EXPECT_EQ(links.chosen_by(2, {.roster = {}, .view = {1, 2}}), (Ids{1, 2}));
    EXPECT_EQ(links.chosen_by(3, {.roster = {}, .view = {1, 2}}), (Ids{1, 2})) << "leaves itself out, and waits";
}

TEST(Candidates, PreferAMemberToOneThatHasBegunAnew) {
    HearingGraph graph;  // as 2 knows it: 3 has a new process, which 1 does not hear yet
    graph.add({2, 1}, {{1, 1}, {3, 9}});
    graph.add({1, 1}, {{2, 1}});
    graph.add({3, 9}, {{2, 1}});
    const CandidateRules rules{.roster = {}, .view = {1, 2, 3}, .stayed = {{1, 1}, {2, 1}, {3, 1}}};
    EXPECT_EQ(choose_candidates(graph, rules), (std::vector<Process>{{1, 1}, {2, 1}}));
}

TEST(Candidates, PreferTheRoster) {
    Links links;
    links.add(1, 2);
    links.add(2, 3);
    EXPECT_EQ(links.chosen_by(2, {.roster = {1}, .view = {2, 3}}), (Ids{1, 2}));
}

TEST(Candidates, SkipTheExcluded) {
    Links links;
    links.add(1, 2);
    links.add(2, 3);
    links.add(1, 3);
    const auto without_3 = [](Process process) { return process.id == 3; };
    EXPECT_EQ(links.chosen_by(1, {.roster = {}, .view = {}, .excluded = without_3}), (Ids{1, 2}));
}

TEST(Candidates, DoNotCountAnEarlierProcessThatIsStillHeard) {
    HearingGraph graph;
    graph.add({1, 1}, {{2, 9}, {3, 1}});
    graph.add({2, 9}, {{1, 1}, {3, 1}});
    graph.add({3, 1}, {{1, 1}, {2, 8}});  // has not heard of the restart yet
    const auto chosen = choose_candidates(graph, {});
    EXPECT_TRUE(std::ranges::none_of(chosen, [](Process process) { return process == Process{2, 8}; }));
}

// Goal: what is chosen is a clique to which nobody can be added, whatever the links are.
TEST(Candidates, AreAlwaysACliqueWithoutMore) {
    std::mt19937_64 dice(1);
    for (int round = 0; round < 300; ++round) {
        HearingGraph graph;
        const size_t count = 2 + dice() % 12;
        for (NodeId a = 1; a <= count; ++a) {
            std::vector<Process> heard;
            for (NodeId b = 1; b <= count; ++b) {
                if (a != b && dice() % 4 != 0) heard.push_back({b, 1});
            }
            graph.add({a, 1}, heard);
        }
        const auto chosen = choose_candidates(graph, {});
        const auto fits = [&](Process node) {
            return std::ranges::all_of(chosen, [&](Process other) { return node == other || graph.edge(node, other); });
        };
        for (const Process node : graph.nodes()) EXPECT_EQ(fits(node), contains(chosen, node));
    }
}

}  // namespace
}  // namespace cairn::cluster
