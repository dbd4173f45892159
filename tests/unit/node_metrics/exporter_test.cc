#include "node/metrics/exporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::metrics {
namespace {

using testing::HasSubstr;
using testing::Not;

NodeSnapshot node() { return {.cluster_name = "c", .service = "pod-0"}; }

std::string text_of_statistics(KeyValues statistics) {
    auto snapshot = node();
    snapshot.statistics = std::move(statistics);
    return to_text(exporter_families(snapshot));
}

std::string text_of_namespace(KeyValues values) {
    auto snapshot = node();
    snapshot.namespaces = {{"n", std::move(values)}};
    return to_text(exporter_families(snapshot));
}

TEST(Exporter, MapsBooleansToOneAndZero) {
    const auto text = text_of_statistics({{"migrate_allowed", "true"}, {"cluster_integrity", "false"}});
    EXPECT_THAT(text, HasSubstr("aerospike_node_stats_migrate_allowed{cluster_name=\"c\",service=\"pod-0\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("aerospike_node_stats_cluster_integrity{cluster_name=\"c\",service=\"pod-0\"} 0\n"));
}

TEST(Exporter, SkipsWhatIsNoNumber) {
    const auto text =
        text_of_statistics({{"a", ""}, {"b", "null"}, {"c", "inf"}, {"d", "1x"}, {"e", "0:0,0:0"}, {"f", "nan"}});
    EXPECT_THAT(text, Not(HasSubstr("aerospike_node_stats_a")));
    for (const char* name : {"stats_a", "stats_b", "stats_c", "stats_d", "stats_e", "stats_f"}) {
        EXPECT_THAT(text, Not(HasSubstr(name)));
    }
}

TEST(Exporter, SkipsIdentitiesThatLookLikeNumbers) {
    EXPECT_THAT(text_of_statistics({{"cluster_key", "4E12"}, {"paxos_principal", "1234"}}), Not(HasSubstr("1234")));
    EXPECT_THAT(text_of_statistics({{"cluster_key", "4E12"}}), Not(HasSubstr("cluster_key")));
}

TEST(Exporter, TakesAnUnlistedStatisticForACounterAndConfigurationForAGauge) {
    const auto text = text_of_namespace({{"new_statistic", "1"}, {"new-setting", "1"}, {"storage-engine.new", "1"}});
    EXPECT_THAT(text, HasSubstr("TYPE aerospike_namespace_new_statistic counter"));
    EXPECT_THAT(text, HasSubstr("TYPE aerospike_namespace_new_setting gauge"));
    EXPECT_THAT(text, HasSubstr("TYPE aerospike_namespace_storage_engine_new counter"));
}

TEST(Exporter, LabelsElementsWithIndexAndPath) {
    const auto text = text_of_namespace({{"storage-engine.file[1].age", "-1"},
                                         {"storage-engine", "device"},
                                         {"storage-engine.file[1]", "/opt/data/test.dat"}});
    EXPECT_THAT(text,
                HasSubstr("aerospike_namespace_storage_engine_file_age{cluster_name=\"c\",file=\"/opt/data/test.dat\","
                          "file_index=\"1\",ns=\"n\",service=\"pod-0\",storage_engine=\"device\"} -1\n"));
}

TEST(Exporter, LabelsIndexKeysWithTheIndexType) {
    const auto text = text_of_namespace({{"index-type", "flash"},
                                         {"index-type.mount[0]", "/mnt/i"},
                                         {"index-type.mount[0].age", "3"},
                                         {"index-type.mounts-budget", "7"}});
    EXPECT_THAT(
        text, HasSubstr("aerospike_namespace_index_type_mount_age{cluster_name=\"c\",index=\"flash\",mount=\"/mnt/i\","
                        "mount_index=\"0\",ns=\"n\",service=\"pod-0\"} 3\n"));
    EXPECT_THAT(text,
                HasSubstr("aerospike_namespace_index_type_mounts_budget{cluster_name=\"c\",index=\"flash\",ns=\"n\""));
}

TEST(Exporter, LeavesMalformedElementsOut) {
    EXPECT_THAT(text_of_namespace({{"a].b[", "1"}, {"[", "1"}, {"x[0]", "1"}}), Not(HasSubstr("aerospike_namespace")));
}

TEST(Exporter, PublishesRatesOfTheLatencyWindow) {
    auto snapshot = node();
    LatencyRow row{.per_second = 1000};
    row.percent_slower[0] = 25;
    snapshot.latencies = {{"test", "batch-sub-read", Unit::microseconds, row},
                          {"", "batch-index", Unit::milliseconds, row}};
    const auto text = to_text(exporter_families(snapshot));
    const std::string labels = "\",ns=\"test\",service=\"pod-0\"} ";
    EXPECT_THAT(text,
                HasSubstr("aerospike_latencies_batch_sub_read_us_bucket{cluster_name=\"c\",le=\"1" + labels + "750\n"));
    EXPECT_THAT(text, HasSubstr("aerospike_latencies_batch_sub_read_us_bucket{cluster_name=\"c\",le=\"65536" + labels +
                                "1000\n"));
    EXPECT_THAT(text, HasSubstr("aerospike_latencies_batch_sub_read_us_bucket{cluster_name=\"c\",le=\"+Inf" + labels +
                                "1000\n"));
    EXPECT_THAT(text,
                HasSubstr("aerospike_latencies_batch_index_ms_count{cluster_name=\"c\",service=\"pod-0\"} 1000\n"));
}

TEST(Exporter, GathersNamespacesIntoOneFamily) {
    auto snapshot = node();
    snapshot.namespaces = {{"a", {{"objects", "1"}}}, {"b", {{"objects", "2"}}}};
    const auto families = exporter_families(snapshot);
    const auto found = std::ranges::find(families, "aerospike_namespace_objects", &Family::name);
    ASSERT_NE(found, families.end());
    EXPECT_EQ(found->samples.size(), 2);
}

TEST(Native, PublishesHistogramsUnderOurName) {
    Histogram histogram;
    histogram.record(3ms);
    const auto text = to_text(native_families({{"test", "batch-sub-read", histogram.snapshot()}}));
    EXPECT_THAT(text, HasSubstr("# TYPE cairn_batch_sub_read_latency_seconds histogram\n"));
    EXPECT_THAT(text, HasSubstr("cairn_batch_sub_read_latency_seconds_bucket{ns=\"test\",le=\"0.002\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("cairn_batch_sub_read_latency_seconds_bucket{ns=\"test\",le=\"0.004\"} 1\n"));
}

TEST(Native, SplitsWhatReplicatedWritesTook) {
    Histogram histogram;
    histogram.record(3ms);
    const auto text = to_text(replication_families(
        {{"test", "local", {}}, {"test", "network", histogram.snapshot()}, {"test", "replica_write", {}}}));
    EXPECT_THAT(text, HasSubstr("# TYPE cairn_replication_network_seconds histogram\n"));
    EXPECT_THAT(text, HasSubstr("cairn_replication_network_seconds_bucket{ns=\"test\",le=\"0.004\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("cairn_replication_local_seconds_count{ns=\"test\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("cairn_replication_replica_write_seconds_count{ns=\"test\"} 0\n"));
}

TEST(Native, TellsOfEachNamespaceOnDevicesWhetherItFailed) {
    const auto text = to_text(storage_families({{.ns = "a", .failed = true, .unreadable = 3}, {.ns = "b"}}));
    EXPECT_THAT(text, HasSubstr("# TYPE cairn_storage_failed gauge\n"));
    EXPECT_THAT(text, HasSubstr("cairn_storage_failed{ns=\"a\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("cairn_storage_failed{ns=\"b\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("cairn_storage_unreadable_total{ns=\"a\"} 3\n"));
}

TEST(Native, TellsWhatDefragmentationCosts) {
    const StorageTotal storage{.ns = "test", .appended_bytes = 1000, .written_bytes = 2500, .defrag_queue_blocks = 7};
    const auto text = to_text(storage_families({storage}));
    EXPECT_THAT(text, HasSubstr("cairn_storage_write_amplification{ns=\"test\"} 2.5\n"));
    EXPECT_THAT(text, HasSubstr("cairn_storage_defrag_queue_blocks{ns=\"test\"} 7\n"));
}

}  // namespace
}  // namespace cairn::metrics
