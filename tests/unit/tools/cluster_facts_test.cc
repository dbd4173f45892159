#include "node/tools/cluster_facts.h"

#include <gtest/gtest.h>

namespace cairn::ctl {
namespace {

/// Two nodes: A1 is master of the even partitions and has copies of the others, and the other way round.
std::vector<NodeFacts> two_nodes() {
    client::PartitionSet even, odd;
    for (size_t p = 0; p < kPartitionCount; ++p) (p % 2 == 0 ? even : odd)[p] = true;
    std::vector<NodeFacts> nodes(2);
    for (size_t n = 0; n < 2; ++n) {
        NodeFacts& node = nodes[n];
        node.node = n == 0 ? "A1" : "A2";
        node.address = "10.0.0.1:3000";
        node.view.partition_generation = 5;
        node.view.namespaces["test"] = {0, {n == 0 ? even : odd, n == 0 ? odd : even}};
        node.statistics = {{"cluster_size", 2}, {"cluster_key", "ABC"}, {"cluster_principal", "A2"}};
        node.racks = {{"test", n + 1}};
        node.namespaces = {{"test",
                            {{"master_objects", 10},
                             {"data_used_bytes", 640},
                             {"effective_replication_factor", 2},
                             {"migrate_tx_partitions_remaining", n}}}};
    }
    return nodes;
}

TEST(ClusterFacts, SumOfANamespaceIsOverAllNodes) {
    const Json rows = cluster_namespace_rows(two_nodes());
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0], Json::parse(R"({"namespace":"test","nodes":2,"copies":2,"partitions_served":4096,"objects":20,
                                       "data_bytes":1280,"stop_writes":false})"));
    EXPECT_EQ(cluster_warnings(two_nodes()), std::vector<std::string>());
}

TEST(ClusterFacts, PartitionsAreCountedByNode) {
    const Json rows = partition_rows(two_nodes(), "");
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[1], Json::parse(R"({"namespace":"test","node":"A2","state":"online","rack":2,"master":2048,
                                       "replica":2048,"migrating":1})"));
    EXPECT_TRUE(partition_rows(two_nodes(), "none").empty());
}

TEST(ClusterFacts, AMasterThatStandsInForACopyHoldsOneCopy) {
    auto nodes = two_nodes();
    auto& columns = nodes[0].view.namespaces["test"].columns;
    columns[1] |= columns[0];
    EXPECT_EQ(partition_rows(nodes, "test")[0]["replica"], 2048);
}

TEST(ClusterFacts, StatesOfNodes) {
    auto node = two_nodes()[0];
    EXPECT_EQ(state_of(node), "online");
    node.namespaces["test"]["pending_quiesce"] = true;
    EXPECT_EQ(state_of(node), "quiescing");
    node.namespaces["test"]["effective_is_quiesced"] = true;
    EXPECT_EQ(state_of(node), "quiesced");
    node.view.partition_generation = -1;
    EXPECT_EQ(state_of(node), "starting");
    node.statistics["cluster_size"] = 0;
    EXPECT_EQ(state_of(node), "no view");
    node.trouble = "connection refused";
    EXPECT_EQ(state_of(node), "unreachable");
}

TEST(ClusterFacts, PartitionsWithoutAMasterAreNamed) {
    auto nodes = two_nodes();
    auto& masters = nodes[0].view.namespaces["test"].columns[0];
    masters[0] = masters[2] = masters[4] = false;
    masters[7] = true;
    const auto found = cluster_warnings(nodes);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0], "Namespace test: 3 partitions have no master: 0, 2, 4.");
    EXPECT_EQ(found[1], "Namespace test: several nodes say that they are master of partitions 7.");
}

TEST(ClusterFacts, WhatASilentNodeOwnsIsNotCalledMissing) {
    auto nodes = two_nodes();
    nodes[0].view = {};
    nodes[0].trouble = "connection refused";
    const auto found = cluster_warnings(nodes);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0], "Node A1 cannot be reached at 10.0.0.1:3000: connection refused.");
    EXPECT_EQ(node_rows(nodes)[0]["reason"], "connection refused");
}

TEST(ClusterFacts, NodesOfTwoViewsAreNoted) {
    auto nodes = two_nodes();
    nodes[1].statistics["cluster_key"] = "DEF";
    ASSERT_EQ(cluster_warnings(nodes).size(), 1u);
    EXPECT_TRUE(cluster_warnings(nodes)[0].contains("cluster keys differ"));
}

TEST(ClusterFacts, PartitionsAreWrittenAsRanges) {
    client::PartitionSet some;
    EXPECT_EQ(ranges_text(some), "");
    for (const size_t p : {0, 1, 2, 9, 4095}) some[p] = true;
    EXPECT_EQ(ranges_text(some), "0-2, 9, 4095");
    for (size_t p = 100; p < 140; p += 2) some[p] = true;
    EXPECT_EQ(ranges_text(some), "0-2, 9, 100, 102, 104, 106, 108, 110 and 15 more");
}

}  // namespace
}  // namespace cairn::ctl
