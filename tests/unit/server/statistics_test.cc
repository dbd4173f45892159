#include <fstream>

#include "tests/unit/server/fixture.h"

namespace cairn::server::test {
namespace {

/// The keys of a reference server's reply, without the stripes that ours does not have.
std::vector<std::string> captured_keys(const std::string& file) {
    std::ifstream in(CAIRN_CAPTURES + file);
    std::string text;
    std::getline(in, text, '\t');
    std::getline(in, text);
    std::vector<std::string> keys = keys_of(text);
    std::erase_if(keys, [](const std::string& key) {
        return key.starts_with("storage-engine.stripe[") && !key.starts_with("storage-engine.stripe[0]");
    });
    return keys;
}

using StatisticsTest = InfoTest;

TEST_F(StatisticsTest, NodeTellsEveryKeyOfTheReferenceInItsOrder) {
    EXPECT_EQ(keys_of(ask("statistics")), captured_keys("info-statistics.txt"));
}

TEST_F(StatisticsTest, NamespaceTellsEveryKeyOfTheReferenceInItsOrder) {
    EXPECT_EQ(keys_of(ask("namespace/test")), captured_keys("info-namespace.txt"));
}

TEST_F(StatisticsTest, UnknownNamespaceIsNoError) {
    EXPECT_EQ(ask("namespace/zz"), "type=unknown");
    EXPECT_EQ(ask("namespace"), "type=unknown");
    EXPECT_EQ(ask("sets/zz"), "ns_type=unknown");
}

TEST_F(StatisticsTest, CountersOfAllWorkersAreSummed) {
    NodeCounters second;
    state.node_counters.push_back(&second);
    counters.info_complete.add(2);
    second.info_complete.add(3);
    EXPECT_EQ(value_of(ask("statistics"), "info_complete"), "5");
    EXPECT_EQ(value_of(ask("statistics"), "batch_index_queue"), "0:0,0:0");
}

TEST_F(StatisticsTest, WritesAreCountedAsObjectsAndByName) {
    put("demo", 1);
    put("demo", 2);
    const std::string text = ask("namespace/test");
    EXPECT_EQ(value_of(text, "objects"), "2");
    EXPECT_EQ(value_of(text, "master_objects"), "2");
    EXPECT_EQ(value_of(text, "client_write_success"), "2");
    EXPECT_EQ(value_of(ask("statistics"), "objects"), "2");
    EXPECT_EQ(value_of(ask("namespace/bar"), "objects"), "0");
}

TEST_F(StatisticsTest, TimesComeFromTheClockOfTheConnection) {
    EXPECT_EQ(value_of(ask("statistics"), "uptime"), "10");
    EXPECT_EQ(value_of(ask("namespace/test"), "current_time"), "500000000");
}

TEST_F(StatisticsTest, SetsAreListedWithATrailingSemicolon) {
    EXPECT_EQ(ask("sets"), "");
    put("demo", 1);
    const std::string one =
        "objects=1:tombstones=0:data_used_bytes=64:truncate_lut=0:sindexes=0:index_populating=false:truncating=false:"
        "default-read-touch-ttl-pct=0:default-ttl=0:disable-eviction=false:enable-index=false:stop-writes-count=0:"
        "stop-writes-size=0;";
    EXPECT_EQ(ask("sets"), "ns=test:set=demo:" + one);
    EXPECT_EQ(ask("sets/test"), "ns=test:set=demo:" + one);
    EXPECT_EQ(ask("sets/test/demo"), one);
    EXPECT_EQ(ask("sets/test/none"), "");
    EXPECT_EQ(ask("sets/bar"), "");
}

TEST_F(StatisticsTest, QuiesceIsInForceWithTheNextView) {
    EXPECT_EQ(ask("quiesce:"), "ok");
    EXPECT_EQ(value_of(ask("namespace/test"), "pending_quiesce"), "true");
    EXPECT_EQ(value_of(ask("namespace/test"), "effective_is_quiesced"), "false");
    const std::string key = ask("cluster-stable:");
    EXPECT_EQ(ask("recluster:"), "ok");
    EXPECT_EQ(value_of(ask("namespace/test"), "effective_is_quiesced"), "true");
    EXPECT_EQ(value_of(ask("namespace/test"), "nodes_quiesced"), "1");
    EXPECT_NE(ask("cluster-stable:"), key);
    EXPECT_EQ(ask("rebalance-generation"), "2");
}

TEST_F(StatisticsTest, ANodeThatStaysQuiescedSaysSo) {
    (void)state.change_config([](NodeConfig config) -> Result<NodeConfig> {
        config.service.stay_quiesced = true;
        return config;
    });
    EXPECT_EQ(ask("quiesce:"), "ERROR:22:permanently quiesced");
    EXPECT_EQ(ask("quiesce-undo:"), "ignored-permanently-quiesced");
}

TEST_F(StatisticsTest, PartitionInfoHasOneRecordForEachPartition) {
    put("demo", 1);
    const std::string text = ask("partition-info");
    EXPECT_EQ(std::ranges::count(text, ';'), 2 * 4096);
    EXPECT_TRUE(text.starts_with("namespace:partition:state:n_replicas:replica:"));
    EXPECT_TRUE(text.contains(";test:0:S:1:0:0:0:BB9:0:0:0:0:1:0:0:0:")) << text.substr(0, 400);
}

TEST_F(StatisticsTest, DebugRecordTellsOfARecord) {
    put("demo", 1);
    EXPECT_TRUE(
        ask("debug-record:namespace=test;keyd=" + std::string(38, '0') + "01").starts_with("partition=0:set=demo:"));
    EXPECT_EQ(ask("debug-record:namespace=test;keyd=" + std::string(40, '0')), "ERROR:2:record not found");
}

}  // namespace
}  // namespace cairn::server::test
