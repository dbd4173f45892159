// Goal: dashboards and alerts made for the public exporter work with our /metrics.
// Method: the answers of a reference node go in; names, types, help and labels are compared with what the exporter
// published of that node.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>

#include "node/metrics/exporter.h"
#include "tests/unit/node_metrics/capture.h"

namespace cairn::metrics {
namespace {

using testing::IsEmpty;

// Differences, all of them, and why.
// Left out by us: they describe the machine, not the node, and the exporter needed no node for them. A machine shared by
// several pods would count them several times; node_exporter has them.
bool is_of_the_machine(const std::string& name) { return name.starts_with("aerospike_sysinfo_"); }

NodeSnapshot reference_node() {
    NodeSnapshot node{.cluster_name = "mycluster", .service = "10.77.0.1:3000", .build = "8.1.2.0", .node_id = "A1"};
    node.statistics = test::read_info_capture("info-statistics.txt");
    node.service_config = test::read_info_capture("info-service-config.txt");
    node.namespaces = {{"test", test::read_info_capture("info-namespace.txt")}};
    node.sets = {{"test",
                  "demo",
                  {{"objects", "1283"},
                   {"tombstones", "0"},
                   {"data_used_bytes", "128592"},
                   {"truncate_lut", "0"},
                   {"sindexes", "2"},
                   {"index_populating", "false"},
                   {"truncating", "false"},
                   {"default-read-touch-ttl-pct", "0"},
                   {"default-ttl", "0"},
                   {"disable-eviction", "false"},
                   {"enable-index", "false"},
                   {"stop-writes-count", "0"},
                   {"stop-writes-size", "0"}}}};
    for (const char* name : {"age_idx", "name_idx"}) {
        node.sindexes.push_back({"test",
                                 name,
                                 {{"entries", "1283"},
                                  {"used_bytes", "16777216"},
                                  {"entries_per_bval", "13"},
                                  {"entries_per_rec", "1"},
                                  {"load_pct", "100"},
                                  {"load_time", "0"},
                                  {"stat_gc_recs", "0"}}});
    }
    for (const char* histogram : {"read", "write", "read-start", "read-restart", "read-dup-res", "read-repl-ping",
                                  "read-local", "read-response"}) {
        node.latencies.push_back({"test", histogram, Unit::milliseconds, {}});
    }
    node.user_agents = {{"go-v8.7.0", "ape-v1.34.0", 1}};
    return node;
}

struct ExporterCapture : testing::Test {
    const test::Published theirs = test::read_exporter_capture();
    const test::Published ours = test::published(exporter_families(reference_node()));
};

TEST_F(ExporterCapture, HasThisManyMetrics) {  // so that an empty file compares as different
    EXPECT_EQ(theirs.types.size(), 166 + 223 + 91 + 30 + 16 + 13 + 7 + 9 + 2);
}

TEST_F(ExporterCapture, EveryMetricOfTheNodeIsThereWithItsType) {
    for (const auto& [name, type] : theirs.types) {
        if (is_of_the_machine(name)) continue;
        const auto found = ours.types.find(name);
        EXPECT_EQ(found == ours.types.end() ? "missing" : found->second, type) << name;
    }
}

TEST_F(ExporterCapture, NothingElseIsThere) {
    for (const auto& [name, type] : ours.types) EXPECT_TRUE(theirs.types.contains(name)) << name;
}

TEST_F(ExporterCapture, HelpIsTheSame) {
    for (const auto& [name, help] : ours.helps) EXPECT_EQ(help, theirs.helps.at(name)) << name;
}

TEST_F(ExporterCapture, SeriesHaveTheSameLabels) {
    std::set<std::string> missing, more;
    std::ranges::set_difference(theirs.series, ours.series, std::inserter(missing, missing.end()));
    std::ranges::set_difference(ours.series, theirs.series, std::inserter(more, more.end()));
    std::erase_if(missing, is_of_the_machine);
    EXPECT_THAT(missing, IsEmpty());
    EXPECT_THAT(more, IsEmpty());
}

}  // namespace
}  // namespace cairn::metrics
