#include "node/cluster/table.h"

#include <gtest/gtest.h>

#include <bit>

namespace cairn::cluster {
namespace {

constexpr NodeId A = 0xA, B = 0xB, C = 0xC, D = 0xD, E = 0xE;

/// One partition of one namespace, whose row the test finds out first and calls its nodes by.
class OnePartition {
public:
    explicit OnePartition(bool strong = false) : strong_(strong) {}

    NodeReport& add(NodeId node) {
        auto& report = reports_[node];
        auto& said = report.namespaces["test"];
        said.data = {node, 1};
        said.replication_factor = factor;
        said.strong = strong_;
        said.uniform_balance = false;
        said.partitions.resize(1);
        if (strong_) report.rosters["test"] = roster;
        return report;
    }
    void remove(NodeId node) { reports_.erase(node); }
    PartitionReport& of(NodeId node) { return reports_.at(node).namespaces.at("test").partitions.at(0); }
    NamespaceReport& space(NodeId node) { return reports_.at(node).namespaces.at("test"); }
    NodeReport& report(NodeId node) { return reports_.at(node); }

    /// The nodes that are there have stored this Cfg, and have data.
    void stored(std::initializer_list<NodeId> nodes, const Cfg& cfg) {
        for (const NodeId node : nodes) of(node) = {cfg, true, true};
    }
    PartitionPlan plan(uint32_t counter) const {
        View view{{counter, 1}, {}};
        Reports reports;
        for (const auto& [node, report] : reports_) {
            view.members.push_back({node, {node, 0}, 1});
            reports[node] = std::make_shared<const NodeReport>(report);
        }
        return make_table(view, reports).namespaces.at("test").at(0);
    }
    /// What the members store of it.
    void store(const PartitionPlan& plan) {
        for (auto& [node, report] : reports_) of(node).cfg = plan.cfg;
        for (const Copy& copy : plan.cfg.insync) of(copy.node).has_data = true;
    }

    uint32_t factor = 2;
    Roster roster;

private:
    const bool strong_;
    std::map<NodeId, NodeReport> reports_;
};

Cfg cfg(uint32_t counter, uint32_t step, std::vector<NodeId> nodes, std::vector<CfgId> ancestry = {}) {
    Cfg made{.id = {{counter, 1}, step}, .master = nodes.front(), .regime = counter << 4, .ancestry = ancestry};
    std::ranges::sort(nodes);
    for (const NodeId node : nodes) made.insync.push_back({node, {node, 1}});
    return made;
}

std::vector<NodeId> nodes_of(const Cfg& made) {
    std::vector<NodeId> nodes;
    for (const Copy& copy : made.insync) nodes.push_back(copy.node);
    return nodes;
}
using Nodes = std::vector<NodeId>;
Nodes sorted(Nodes nodes) {
    std::ranges::sort(nodes);
    return nodes;
}

/// Three nodes as the partition orders them: first, second, third.
class ThreeNodes : public testing::Test {
protected:
    ThreeNodes() {
        for (const NodeId node : {A, B, C}) at.add(node);
        OnePartition all;
        all.factor = 3;
        for (const NodeId node : {A, B, C}) all.add(node);
        const auto targets = all.plan(1).targets;
        first = targets[0];
        second = targets[1];
        third = targets[2];
    }
    OnePartition at;
    NodeId first, second, third;
};

TEST_F(ThreeNodes, BeginFreshWithTheTargetsInSync) {
    const auto plan = at.plan(1);
    EXPECT_TRUE(plan.fresh);
    EXPECT_FALSE(plan.data_elsewhere);
    EXPECT_EQ(plan.targets, (Nodes{first, second}));
    EXPECT_EQ(nodes_of(plan.cfg), sorted({first, second}));
    EXPECT_EQ(plan.cfg.master, first);
    EXPECT_EQ(plan.cfg.regime, 1u << 4);
    EXPECT_TRUE(plan.migrations.empty());
}

TEST_F(ThreeNodes, LoseTheMasterAndFillTheNext) {
    at.store(at.plan(1));
    at.remove(first);
    const auto plan = at.plan(2);
    EXPECT_EQ(nodes_of(plan.cfg), Nodes{second});
    EXPECT_EQ(plan.cfg.master, second);
    EXPECT_EQ(plan.cfg.id, (CfgId{{2, 1}, 0}));
    EXPECT_EQ(plan.cfg.ancestry, (std::vector<CfgId>{{{1, 1}, 0}}));
    EXPECT_EQ(plan.migrations, (std::vector<Migration>{{second, third, MigrationKind::full, true}}));
}

TEST_F(ThreeNodes, TakeBackAReturnedNodeByADelta) {
    at.stored({first}, cfg(1, 0, {first, second}));
    at.stored({second, third}, cfg(2, 1, {second, third}, {{{1, 1}, 0}}));
    const auto plan = at.plan(3);
    EXPECT_EQ(nodes_of(plan.cfg), sorted({second, third}));
    EXPECT_EQ(plan.cfg.id, (CfgId{{2, 1}, 1})) << "the same line: nothing was added to it";
    EXPECT_EQ(plan.cfg.master, second) << "acting, until the first has everything";
    EXPECT_EQ(plan.cfg.regime, 3u << 4);
    EXPECT_EQ(plan.migrations, (std::vector<Migration>{{second, first, MigrationKind::delta, true}}));
    EXPECT_EQ(plan.keep, Nodes{third});
}

TEST_F(ThreeNodes, FillAWipedNodeInFull) {
    at.stored({second, third}, cfg(2, 1, {second, third}));
    at.space(first).data = {first, 2};
    const auto plan = at.plan(3);
    EXPECT_EQ(plan.migrations, (std::vector<Migration>{{second, first, MigrationKind::full, true}}));
}

TEST_F(ThreeNodes, DoNotTrustACopyOfAnotherIncarnation) {
    at.stored({first, second}, cfg(1, 0, {first, second}));
    at.space(first).data = {first, 2};
    at.of(first).has_data = false;
    EXPECT_EQ(nodes_of(at.plan(2).cfg), Nodes{second});
}

TEST_F(ThreeNodes, MergeALineThatWentItsOwnWay) {
    at.stored({first}, cfg(2, 0, {first}, {{{1, 1}, 0}}));
    at.stored({second, third}, cfg(3, 1, {second, third}, {{{1, 1}, 0}}));
    const auto plan = at.plan(4);
    EXPECT_EQ(nodes_of(plan.cfg), sorted({second, third})) << "one target each, but more copies";
    EXPECT_EQ(plan.merge, Nodes{first});
    EXPECT_EQ(plan.migrations, (std::vector<Migration>{{first, second, MigrationKind::merge, false},
                                                       {second, first, MigrationKind::delta, true}}));
}

TEST_F(ThreeNodes, PreferTheLineWithMoreTargets) {
    at.stored({third}, cfg(9, 0, {third}, {{{1, 1}, 0}}));
    at.stored({first, second}, cfg(3, 0, {first, second}, {{{1, 1}, 0}}));
    const auto plan = at.plan(10);
    EXPECT_EQ(nodes_of(plan.cfg), sorted({first, second}));
    EXPECT_EQ(plan.merge, Nodes{third});
}

TEST_F(ThreeNodes, PreferTheLineThatMoreNodesKnow) {
    at.stored({first}, cfg(9, 0, {first}, {{{1, 1}, 0}}));
    at.stored({second, third}, cfg(3, 0, {second}, {{{1, 1}, 0}}));
    const auto plan = at.plan(10);
    EXPECT_EQ(nodes_of(plan.cfg), Nodes{second}) << "most clients were there";
    EXPECT_EQ(plan.merge, Nodes{first});
}

// Its Cfg was forgotten by the younger line: it may not be taken for in sync with a list that names it.
TEST_F(ThreeNodes, MergeRatherThanGuessWhenTheAncestryIsCutOff) {
    std::vector<CfgId> ancestry;
    for (uint32_t counter = 19; counter > 11; --counter) ancestry.push_back({{counter, 1}, 0});
    at.stored({first}, cfg(20, 0, {first}, ancestry));
    at.stored({second}, cfg(1, 0, {first, second}));
    const auto plan = at.plan(21);
    EXPECT_EQ(plan.cfg.insync.size(), 1u) << "the other one lacks what this one has";
    EXPECT_EQ(plan.merge.size(), 1u);
}

TEST_F(ThreeNodes, KeepTheCfgWhenNothingChanges) {
    at.store(at.plan(1));
    const auto before = at.of(first).cfg;
    const auto plan = at.plan(2);
    EXPECT_EQ(plan.cfg.id, before.id);
    EXPECT_EQ(plan.cfg.ancestry, before.ancestry);
    EXPECT_EQ(plan.cfg.regime, 2u << 4);
}

TEST_F(ThreeNodes, FallBackToAnUntrustedCopyWhenNothingIsBetter) {
    at.stored({first, second}, cfg(1, 0, {first, second}));
    at.of(first).trusted = at.of(second).trusted = false;
    const auto plan = at.plan(2);
    EXPECT_FALSE(plan.fresh);
    EXPECT_EQ(plan.cfg.insync.size(), 1u);
    EXPECT_EQ(plan.migrations.front().kind, MigrationKind::delta);
}

// A node that gave its copy up, or is being filled, knows the Cfg and has old data. Cut off, it serves alone; when it is
// back, the copies of that Cfg must not count as older than its own.
TEST_F(ThreeNodes, StayTheLineWhenOneThatHadNoCopyComesBackFromBeingAlone) {
    at.stored({first, second}, cfg(2, 2, {first, second}, {{{1, 1}, 0}}));
    OnePartition alone;
    alone.add(third);
    alone.stored({third}, cfg(2, 2, {first, second}, {{{1, 1}, 0}}));
    const auto meanwhile = alone.plan(3);
    ASSERT_EQ(nodes_of(meanwhile.cfg), Nodes{third});
    EXPECT_TRUE(meanwhile.cfg.ancestry.empty()) << "what it has is of none of them";
    at.stored({third}, meanwhile.cfg);
    const auto plan = at.plan(4);
    EXPECT_EQ(nodes_of(plan.cfg), sorted({first, second}));
    EXPECT_EQ(plan.merge, Nodes{third});
}

// One that ended without having written all may be alone for a moment while the others still have everything.
TEST_F(ThreeNodes, StayTheLineWhenOneThatHasStartedAnewComesBackFromBeingAlone) {
    at.stored({first, second}, cfg(2, 0, {first, second}));
    OnePartition alone;
    alone.add(first);
    alone.stored({first}, cfg(2, 0, {first, second}));
    alone.space(first).data = at.space(first).data = {first, 2};
    at.stored({first}, alone.plan(3).cfg);
    const auto plan = at.plan(4);
    EXPECT_EQ(plan.merge.size(), 1u);
    EXPECT_TRUE(plan.migrations.front().kind == MigrationKind::merge) << "neither is older than the other";
}

TEST_F(ThreeNodes, GoOnWithALineWhoseCopiesHaveAllStartedAnew) {
    at.stored({first, second}, cfg(2, 0, {first, second}));
    for (const NodeId node : {first, second}) at.space(node).data = {node, 2};
    const auto plan = at.plan(3);
    EXPECT_EQ(plan.cfg.insync.size(), 1u);
    EXPECT_EQ(plan.cfg.ancestry, (std::vector<CfgId>{{{2, 1}, 0}}));
    EXPECT_TRUE(plan.merge.empty());
}

TEST_F(ThreeNodes, PreferWhatBelongedToTheLineAmongRemainders) {
    at.stored({first, second}, cfg(2, 1, {first, second}));
    at.space(first).data = {first, 2};
    at.space(second).data = {second, 2};
    at.stored({third}, cfg(2, 5, {first, second}));
    EXPECT_NE(nodes_of(at.plan(3).cfg), Nodes{third});
}

TEST_F(ThreeNodes, MergeDataThatWasThereBeforeTheCluster) {
    at.of(first).has_data = at.of(second).has_data = true;
    const auto plan = at.plan(1);
    EXPECT_FALSE(plan.fresh);
    EXPECT_EQ(plan.cfg.insync.size(), 1u);
    EXPECT_EQ(plan.merge.size(), 1u);
}

TEST_F(ThreeNodes, SayWhenDataMustBeElsewhere) {
    at.of(third).cfg = cfg(1, 0, {0x77, 0x78});
    const auto plan = at.plan(2);
    EXPECT_TRUE(plan.fresh);
    EXPECT_TRUE(plan.data_elsewhere);
}

TEST_F(ThreeNodes, FillACopyThatKnowsALaterStepOfAViewThatTheOthersLeft) {
    at.store(at.plan(1));
    at.of(second).cfg = cfg(2, 0, {second, third});
    at.of(second).cfg.ancestry = {cfg(1, 3, {first, second}).id};
    at.of(third).cfg = at.of(second).cfg;
    at.of(first).cfg = cfg(1, 4, {first, second});
    EXPECT_TRUE(at.plan(3).merge.empty()) << "it has nothing of its own";
}

TEST_F(ThreeNodes, LeaveAQuiescedNodeMasterUntilItHandsOver) {
    at.store(at.plan(1));
    at.report(first).quiesced = true;
    const auto plan = at.plan(2);
    EXPECT_EQ(plan.cfg.master, first);
    EXPECT_EQ(plan.targets, (Nodes{second, third})) << "the wished master is in sync: it gets the partition at once";
    EXPECT_EQ(plan.migrations, (std::vector<Migration>{{first, third, MigrationKind::full, false}}));
    EXPECT_EQ(plan.keep, Nodes{first}) << "keeps its copy until the third is filled";
}

TEST_F(ThreeNodes, ServeNothingBelowTheSmallestSize) {
    at.store(at.plan(1));
    at.remove(first);
    at.remove(third);
    at.report(second).min_cluster_size = 2;
    const auto plan = at.plan(2);
    EXPECT_EQ(plan.state, Availability::held);
    EXPECT_FALSE(plan.cfg) << "nothing is stored: it would begin a line of its own";
}

TEST(Table, DoesNotDependOnWhoSaysWhat) {
    OnePartition at;
    for (const NodeId node : {A, B, C}) at.add(node);
    at.report(B).namespaces["other"] = {.data = {1, 1}, .partitions = std::vector<PartitionReport>(1)};
    View view{{1, A}, {{A, {}, 1}, {B, {}, 1}, {C, {}, 1}}};
    Reports reports;
    for (const NodeId node : {C, B, A}) reports[node] = std::make_shared<const NodeReport>(at.report(node));
    const Table table = make_table(view, reports);
    EXPECT_EQ(table.namespaces.at("other").at(0).cfg.master, B) << "nobody else has it";
    EXPECT_EQ(table.hash, make_table(view, reports).hash);
    view.ballot.counter = 2;
    EXPECT_NE(table.hash, make_table(view, reports).hash);
}

/// Five nodes on the roster, two copies; nodes by their place in the partition's row.
class FiveOnTheRoster : public testing::Test {
protected:
    FiveOnTheRoster() : at(true) {
        OnePartition all;
        all.factor = 5;
        for (const NodeId node : {A, B, C, D, E}) {
            all.add(node);
            at.roster.nodes.push_back({node, 0});
        }
        row = all.plan(1).targets;
    }
    /// The view of these places in the row.
    void view_of(std::initializer_list<size_t> places) {
        for (const size_t place : places) at.add(row[place]);
    }
    Cfg first_cfg() { return cfg(1, 0, {row[0], row[1]}); }

    OnePartition at;
    Nodes row;
};

TEST_F(FiveOnTheRoster, ServeWithAMajorityThatHasACopy) {
    view_of({1, 3, 4});
    at.stored({row[1], row[3], row[4]}, first_cfg());
    const auto plan = at.plan(2);
    EXPECT_EQ(plan.state, Availability::serving);
    EXPECT_EQ(nodes_of(plan.cfg), Nodes{row[1]});
    EXPECT_EQ(plan.fill, Nodes{row[3]});
}

TEST_F(FiveOnTheRoster, DoNotServeInAMinority) {
    view_of({0, 2});
    at.stored({row[0], row[2]}, first_cfg());
    const auto plan = at.plan(2);
    EXPECT_EQ(plan.state, Availability::unavailable);
    EXPECT_FALSE(plan.cfg);
}

TEST_F(FiveOnTheRoster, ServeInAMinorityThatHasAllCopies) {
    view_of({0, 1});
    at.stored({row[0], row[1]}, first_cfg());
    EXPECT_EQ(at.plan(2).state, Availability::serving);
}

TEST_F(FiveOnTheRoster, UseTheLatestCfgNotTheRosterMaster) {
    view_of({0, 3, 4});
    at.stored({row[0]}, first_cfg());
    at.stored({row[3], row[4]}, cfg(5, 1, {row[1], row[3]}));
    const auto plan = at.plan(6);
    EXPECT_EQ(nodes_of(plan.cfg), Nodes{row[3]});
    EXPECT_EQ(plan.cfg.master, row[3]);
    EXPECT_EQ(plan.fill, Nodes{row[0]});
}

TEST_F(FiveOnTheRoster, WaitForTheCopyThatIsElsewhere) {
    view_of({0, 3, 4});
    at.stored({row[0]}, first_cfg());
    at.stored({row[3], row[4]}, cfg(5, 0, {row[1]}));
    EXPECT_EQ(at.plan(6).state, Availability::unavailable);
}

TEST_F(FiveOnTheRoster, AreDeadWhenNoCopyCanBeTrusted) {
    view_of({0, 1, 2, 3, 4});
    at.stored({row[0], row[1], row[2], row[3], row[4]}, first_cfg());
    at.of(row[0]).trusted = at.of(row[1]).trusted = false;
    EXPECT_EQ(at.plan(2).state, Availability::dead);
}

TEST_F(FiveOnTheRoster, DoNotCountAWipedNode) {
    view_of({0, 3, 4});
    at.stored({row[0], row[3]}, first_cfg());  // the last one was wiped: it has stored nothing
    EXPECT_EQ(at.plan(2).state, Availability::unavailable);
}

TEST_F(FiveOnTheRoster, CountTheSameWhoeverIsQuiesced) {
    view_of({0, 2});
    at.stored({row[0], row[2]}, first_cfg());
    at.report(row[0]).quiesced = true;
    EXPECT_EQ(at.plan(2).state, Availability::unavailable);
}

// Goal: in SC two views never serve a partition side by side. Method: all pairs of sets, all sizes up to seven.
TEST(Quorum, MeetsEveryOther) {
    for (size_t n = 1; n <= 7; ++n) {
        Nodes row;
        for (size_t i = 0; i < n; ++i) row.push_back(i + 1);
        for (size_t replicas = 1; replicas <= n; ++replicas) {
            std::vector<unsigned> quorums;
            for (unsigned set = 0; set < 1u << n; ++set) {
                Nodes present;
                for (size_t i = 0; i < n; ++i) {
                    if (set >> i & 1) present.push_back(i + 1);
                }
                if (is_quorum(row, replicas, present)) quorums.push_back(set);
            }
            EXPECT_FALSE(quorums.empty());
            for (const unsigned one : quorums) {
                for (const unsigned other : quorums) ASSERT_NE(one & other, 0u) << n << " nodes, " << replicas;
            }
        }
    }
}

}  // namespace
}  // namespace cairn::cluster
