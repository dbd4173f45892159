#include "common/base64/base64.h"
#include "node/server/addresses.h"
#include "node/server/admin.h"
#include "node/server/vitals.h"
#include "tests/unit/server/fixture.h"

// Latencies, distributions, addresses, the machine's figures, and the pages made of them.
namespace cairn::server::test {
namespace {

using FiguresTest = InfoTest;

TEST_F(FiguresTest, LatenciesTellTheLastWholeInterval) {
    worker.counters[0].read_latency.record(500us);
    EXPECT_TRUE(ask("latencies:").starts_with("batch-index:;{test}-read:;{test}-write:;"));  // no interval has ended
    for (int i = 0; i < 8; ++i) worker.counters[0].read_latency.record(1500us);
    worker.counters[0].read_latency.record(3ms);
    state.latencies.turn(latency_totals(state), 100s);  // 10 s after the start
    const std::string row =
        "{test}-read:msec,1.0,90.00,10.00,0.00,0.00,0.00,0.00,0.00,0.00,0.00,0.00,0.00,0.00,0.00,0.00,"
        "0.00,0.00,0.00";
    EXPECT_EQ(ask("latencies:hist={test}-read"), row);
    state.latencies.turn(latency_totals(state), 110s);
    EXPECT_TRUE(ask("latencies:hist={test}-read").starts_with("{test}-read:msec,0.0,0.00,"));
}

TEST_F(FiguresTest, LatenciesAreInMicrosecondsWhenAsked) {
    ask("set-config:context=service;microsecond-histograms=true");
    counters.batch_index_latency.record(3us);
    state.latencies.turn(latency_totals(state), 100s);
    EXPECT_TRUE(ask("latencies:hist=batch-index").starts_with("batch-index:usec,0.1,100.00,100.00,0.00,"));
}

TEST_F(FiguresTest, BenchmarksAreGroups) {
    EXPECT_EQ(ask("latencies:hist={bar}-benchmarks-read"),
              "{bar}-read-start:;{bar}-read-restart:;{bar}-read-dup-res:;{bar}-read-repl-ping:;{bar}-read-local:;"
              "{bar}-read-response:");
}

TEST_F(FiguresTest, DistributionsAreToldOnceTheyAreThere) {
    DistributionCounts counts(1 << 20);
    counts.add(std::nullopt, 100);
    counts.add(50, 130);
    counts.add(150, 1500);  // does not fit into 100 buckets of one second
    state.distributions[0]->publish(counts);
    EXPECT_EQ(ask("histogram:namespace=test;type=object-size"), "units=bytes:[64-128)=1:[128-256)=1:[1K-2K)=1");
    const std::string ttl = ask("histogram:namespace=test;type=ttl");
    EXPECT_TRUE(ttl.starts_with("units=seconds:hist-width=200:bucket-width=2:buckets=0,")) << ttl;
    EXPECT_EQ(std::ranges::count(ttl, '1'), 2);
    EXPECT_TRUE(ask("histogram:namespace=test;type=object-size-linear")
                    .starts_with("units=bytes:hist-width=1048576:bucket-width=1024:buckets=2,1,0,"));
    EXPECT_EQ(value_of(ask("namespace/test"), "non_expirable_objects"), "1");
    put("demo", 1);
    EXPECT_EQ(ask("histogram:namespace=test;type=ttl;set=demo"), "hist-unavailable");
}

TEST(ServiceAddresses, AnyMeansAllOfTheMachine) {
    const auto told = service_addresses({}, {{"0.0.0.0", 3000}}, {"10.0.0.1", "172.17.0.2", "2001:db8::1"});
    EXPECT_EQ(told.standard, "10.0.0.1:3000,172.17.0.2:3000");
    EXPECT_EQ(service_addresses({}, {{"::", 3000}}, {"10.0.0.1", "2001:db8::1"}).standard,
              "10.0.0.1:3000,[2001:db8::1]:3000");
    EXPECT_EQ(service_addresses({}, {{"0.0.0.0", 3000}}, {}).standard, "");
}

TEST(ServiceAddresses, OnesListenedOnAreToldAlsoLoopback) {
    EXPECT_EQ(service_addresses({}, {{"127.0.0.1", 3401}}, {"10.0.0.1"}).standard, "127.0.0.1:3401");
}

TEST(ServiceAddresses, ConfiguredOnesReplaceThem) {
    ListenerConfig config;
    config.access_addresses = {"db.example.org"};
    config.access_port = 31000;
    config.alternate_access_addresses = {"203.0.113.7"};
    const auto told = service_addresses(config, {{"0.0.0.0", 3000}}, {"10.0.0.1"});
    EXPECT_EQ(told.standard, "db.example.org:31000");
    EXPECT_EQ(told.alternate, "203.0.113.7:3000");
}

TEST(Vitals, PercentagesAreBetweenTwoReadings) {
    Vitals vitals;
    runtime::ProcessStats stats;
    stats.cpu = 10s;
    vitals.update(stats, 100s, 1);
    EXPECT_EQ(vitals.get().process_cpu_pct, 0u);
    stats.cpu = 11s;
    stats.machine_user_cpu = 3s;
    vitals.update(stats, 102s, 2);
    EXPECT_EQ(vitals.get().process_cpu_pct, 50u);
    EXPECT_EQ(vitals.get().user_cpu_pct, 150u);
}

TEST_F(FiguresTest, ReadinessFollowsTheNode) {
    Admin admin(info, state);
    EXPECT_EQ(admin.ready().status, 503);
    state.ready = true;
    EXPECT_EQ(admin.ready().status, 200);
}

TEST_F(FiguresTest, VersionAndConfigurationPages) {
    Admin admin(info, state);
    EXPECT_EQ(admin.version().body,
              "{\"product\":\"cairn\",\"version\":\"0.1.0\",\"protocol_build\":\"8.1.2.0\",\"node\":\"BB9\"}\n");
    EXPECT_TRUE(admin.config().body.contains("cluster-name: \"mycluster\"")) << admin.config().body;
}

TEST_F(FiguresTest, MetricsPageHasTheExportersNamesAndOurHistograms) {
    put("demo", 1);
    worker.counters[0].read_latency.record(1500us);
    state.latencies.turn(latency_totals(state), 100s);
    state.set_addresses({"10.0.0.1:3000,10.0.0.2:3000", ""});
    ask("user-agent-set:value=" + encode_base64("1,go-v8.7.0,shop"));
    Admin admin(info, state);
    admin.metrics();
    const std::string page = admin.metrics().body;
    for (const char* line :
         {"aerospike_node_ticks 2\n",
          "aerospike_node_up{build=\"8.1.2.0\",cluster_name=\"mycluster\",node_id=\"BB9\","
          "service=\"10.0.0.1:3000\"} 1\n",
          "aerospike_node_stats_cluster_size{cluster_name=\"mycluster\",service=\"10.0.0.1:3000\"} 1\n",
          "aerospike_node_stats_user_agent_details{client_app_id=\"shop\",client_library_version=\"go-v8.7.0\",",
          "aerospike_namespace_objects{cluster_name=\"mycluster\",ns=\"test\",service=\"10.0.0.1:3000\",storage_engine="
          "\"memory\"} 1\n",
          "aerospike_sets_objects{cluster_name=\"mycluster\",ns=\"test\",service=\"10.0.0.1:3000\",set=\"demo\"} 1\n",
          "aerospike_latencies_read_ms_count{cluster_name=\"mycluster\",ns=\"test\",service=\"10.0.0.1:3000\"} 0.1\n",
          "cairn_read_latency_seconds_count{ns=\"test\"} 1\n"}) {
        EXPECT_TRUE(page.contains(line)) << line;
    }
}

}  // namespace
}  // namespace cairn::server::test
