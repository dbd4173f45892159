// Goal: copies and masters are even, on as many racks as there are, and a change moves no more than it must.
// Method: whatever the seed draws for ids and racks, the figures hold.
#include "node/cluster/placement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace cairn::cluster {
namespace {

class Chance {
public:
    explicit Chance(uint64_t seed) : engine_(seed) {}
    uint64_t next() { return engine_(); }
    size_t below(size_t count) { return engine_() % count; }

private:
    std::mt19937_64 engine_;
};

std::vector<PlacedNode> some_nodes(Chance& chance, size_t count, uint32_t racks = 0) {
    std::vector<PlacedNode> nodes;
    for (size_t i = 0; i < count; ++i) {
        nodes.push_back({chance.next() | 1, racks == 0 ? 0 : static_cast<uint32_t>(i % racks + 1), false});
    }
    return nodes;
}

/// Ids as an operator gives them: A1, A2, ...
std::vector<PlacedNode> numbered_nodes(size_t count) {
    std::vector<PlacedNode> nodes;
    for (size_t i = 0; i < count; ++i) nodes.push_back({0xA1 + i, 0, false});
    return nodes;
}

struct Loads {
    explicit Loads(const Placement& placement) {
        for (uint32_t p = 0; p < kPartitionCount; ++p) {
            const auto targets = placement.targets(static_cast<PartitionId>(p));
            ++masters[placement.nodes()[targets.front()].id];
            for (const uint16_t n : targets.subspan(1)) ++replicas[placement.nodes()[n].id];
        }
    }
    static double worst(const std::map<NodeId, size_t>& loads, size_t nodes) {
        size_t sum = 0, most = 0;
        for (const auto& [id, load] : loads) {
            sum += load;
            most = std::max(most, load);
        }
        return static_cast<double>(most) * static_cast<double>(nodes) / static_cast<double>(sum);
    }
    std::map<NodeId, size_t> masters, replicas;
};

std::set<NodeId> holders(const Placement& placement, uint32_t partition) {
    std::set<NodeId> ids;
    for (const uint16_t n : placement.targets(static_cast<PartitionId>(partition))) {
        ids.insert(placement.nodes()[n].id);
    }
    return ids;
}

/// Copies of `after` on a node that had none of the partition.
size_t moved(const Placement& before, const Placement& after) {
    size_t count = 0;
    for (uint32_t p = 0; p < kPartitionCount; ++p) {
        const auto had = holders(before, p);
        for (const NodeId id : holders(after, p)) count += !had.contains(id);
    }
    return count;
}

size_t racks_of(const Placement& placement, uint32_t partition) {
    std::set<uint32_t> racks;
    for (const uint16_t n : placement.targets(static_cast<PartitionId>(partition))) {
        racks.insert(placement.nodes()[n].rack);
    }
    return racks.size();
}

class EachSeed : public testing::TestWithParam<uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, EachSeed, testing::Range<uint64_t>(1, 7), testing::PrintToStringParamName());

TEST_P(EachSeed, GivesEachNodeItsShareOfMastersAndReplicas) {
    Chance chance(GetParam());
    for (const size_t nodes : {3, 5, 9, 32}) {
        for (const uint32_t copies : {2, 3}) {
            const Loads loads(Placement(some_nodes(chance, nodes), {.replication_factor = copies}));
            EXPECT_LE(Loads::worst(loads.masters, nodes), 1.05) << nodes << " nodes, " << copies << " copies";
            EXPECT_LE(Loads::worst(loads.replicas, nodes), 1.05) << nodes << " nodes, " << copies << " copies";
        }
    }
}

TEST_P(EachSeed, StaysEvenOnRacksOfOneSize) {
    Chance chance(GetParam());
    for (const size_t nodes : {3, 9, 33}) {
        const Loads loads(Placement(some_nodes(chance, nodes, 3), {}));
        EXPECT_LE(Loads::worst(loads.masters, nodes), 1.05) << nodes << " nodes";
        EXPECT_LE(Loads::worst(loads.replicas, nodes), 1.05) << nodes << " nodes";
    }
}

TEST_P(EachSeed, MovesNotMuchMoreThanTheNewNodesShare) {
    Chance chance(GetParam());
    for (const size_t nodes : {1, 2, 3, 4, 5, 8, 9, 16, 32}) {
        auto members = some_nodes(chance, nodes);
        const Placement before(members, {});
        members.push_back({chance.next() | 1, 0, false});
        const Placement after(members, {});
        const double copies = static_cast<double>(kPartitionCount * after.replicas());
        const double share = static_cast<double>(moved(before, after)) / copies * static_cast<double>(nodes + 1);
        if (nodes > 1) EXPECT_LE(share, 1.1) << nodes << " nodes";
    }
}

TEST_P(EachSeed, WithoutBalanceMovesOnlyToTheNewNode) {
    Chance chance(GetParam());
    auto members = some_nodes(chance, 7, 3);
    for (auto& node : members) node.rack = 0;
    const PlacementRules rules{.replication_factor = 3, .uniform_balance = false};
    const Placement before(members, rules);
    const NodeId added = chance.next() | 1;
    members.push_back({added, 0, false});
    const Placement after(members, rules);
    size_t on_new = 0;
    for (uint32_t p = 0; p < kPartitionCount; ++p) on_new += holders(after, p).contains(added);
    EXPECT_EQ(moved(before, after), on_new);
}

TEST_P(EachSeed, SpreadsCopiesOverAsManyRacksAsThereAre) {
    Chance chance(GetParam());
    for (const bool uniform : {false, true}) {
        const size_t count = 2 + chance.below(12);
        auto nodes = some_nodes(chance, count);
        for (auto& node : nodes) node.rack = static_cast<uint32_t>(chance.below(4));  // of any size
        std::set<uint32_t> racks;
        for (const auto& node : nodes) racks.insert(node.rack);
        const uint32_t factor = static_cast<uint32_t>(1 + chance.below(4));
        const Placement placement(nodes, {.replication_factor = factor, .uniform_balance = uniform});
        for (uint32_t p = 0; p < kPartitionCount; ++p) {
            ASSERT_EQ(racks_of(placement, p), std::min<size_t>({factor, racks.size(), count})) << "partition " << p;
        }
    }
}

TEST_P(EachSeed, MakesARowOfEveryNodeOnce) {
    Chance chance(GetParam());
    const Placement placement(some_nodes(chance, 9, 2), {.replication_factor = 3});
    for (uint32_t p = 0; p < kPartitionCount; ++p) {
        const auto row = placement.row(static_cast<PartitionId>(p));
        ASSERT_EQ(std::set(row.begin(), row.end()).size(), 9u);
    }
}

TEST_P(EachSeed, DoesNotDependOnTheOrderInWhichNodesAreNamed) {
    Chance chance(GetParam());
    auto nodes = some_nodes(chance, 7, 3);
    const Placement one(nodes, {});
    std::ranges::reverse(nodes);
    const Placement other(nodes, {});
    for (uint32_t p = 0; p < kPartitionCount; ++p) {
        ASSERT_TRUE(std::ranges::equal(one.row(static_cast<PartitionId>(p)), other.row(static_cast<PartitionId>(p))));
    }
}

TEST_P(EachSeed, PutsQuiescedNodesLast) {
    Chance chance(GetParam());
    auto nodes = some_nodes(chance, 5);
    nodes[1].quiesced = nodes[3].quiesced = true;
    const Placement placement(nodes, {});
    for (uint32_t p = 0; p < kPartitionCount; ++p) {
        const auto row = placement.row(static_cast<PartitionId>(p));
        for (size_t i = 0; i < 5; ++i) ASSERT_EQ(placement.nodes()[row[i]].quiesced, i >= 3);
    }
}

TEST_P(EachSeed, PutsAllMastersOnTheActiveRack) {
    Chance chance(GetParam());
    const Placement placement(some_nodes(chance, 6, 2), {.active_rack = 2});
    for (uint32_t p = 0; p < kPartitionCount; ++p) {
        ASSERT_EQ(placement.nodes()[placement.row(static_cast<PartitionId>(p)).front()].rack, 2u);
    }
    EXPECT_LE(Loads::worst(Loads(placement).masters, 3), 1.05);
}

TEST(Placement, IgnoresTheActiveRackWhenRacksAreMoreThanCopies) {
    Chance chance(1);
    const Loads loads(Placement(some_nodes(chance, 6, 3), {.replication_factor = 2, .active_rack = 2}));
    EXPECT_EQ(loads.masters.size(), 6u);
}

TEST(Placement, KeepsTheFactorWithinTheActiveNodes) {
    auto nodes = numbered_nodes(3);
    EXPECT_EQ(Placement(nodes, {.replication_factor = 255}).replicas(), 3u);
    nodes[0].quiesced = true;
    EXPECT_EQ(Placement(nodes, {.replication_factor = 3}).replicas(), 2u);
    nodes[1].quiesced = nodes[2].quiesced = true;
    EXPECT_EQ(Placement(nodes, {.replication_factor = 3}).replicas(), 3u) << "all quiesced is as good as none";
    EXPECT_EQ(Placement({}, {}).replicas(), 0u);
}

TEST(Placement, EvensMastersWhereRacksAreNotOfOneSize) {
    auto nodes = numbered_nodes(4);
    nodes[0].rack = 1;
    for (size_t i = 1; i < 4; ++i) nodes[i].rack = 2;
    const Placement placement(nodes, {});
    const Loads loads(placement);
    EXPECT_LE(Loads::worst(loads.masters, 4), 1.05);
    EXPECT_EQ(loads.masters.at(0xA1) + loads.replicas.at(0xA1), kPartitionCount) << "the only node of its rack";
}

// The layout of data in running clusters: whatever changes it moves data.
TEST(Placement, IsTheOneThatClustersHave) {
    const Placement placement(numbered_nodes(5), {});
    uint64_t sum = 0;
    for (uint32_t p = 0; p < kPartitionCount; ++p) {
        for (const uint16_t n : placement.row(static_cast<PartitionId>(p))) sum = sum * 31 + n;
    }
    EXPECT_EQ(sum, 4839252394404133544u);
}

}  // namespace
}  // namespace cairn::cluster
