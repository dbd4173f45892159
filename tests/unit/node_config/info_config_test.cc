#include "node/config/info_config.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "node/config/load.h"

namespace cairn::config {
namespace {

// Every key the reference server answers, without those of addresses that are not configured.
constexpr std::string_view kNodeKeys =
    "advertise-ipv6 auto-pin batch-index-threads batch-max-buffers-per-queue batch-max-requests "
    "batch-max-unused-buffers cgroup-mem-tracking cluster-name debug-allocations disable-udf-execution "
    "enable-benchmarks-fabric enable-health-check enable-hist-info enforce-best-practices indent-allocations "
    "info-max-ms info-threads keep-caps-ssd-health log-local-time log-millis microsecond-histograms "
    "migrate-fill-delay migrate-max-num-incoming migrate-threads min-cluster-size node-id node-id-interface "
    "os-group-perms pidfile poison-allocations proto-fd-idle-ms proto-fd-max quarantine-allocations "
    "query-max-done query-threads-limit run-as-daemon secrets-address-port secrets-tls-context "
    "secrets-uds-path service-threads sindex-builder-threads sindex-gc-period stay-quiesced ticker-interval "
    "tls-refresh-period transaction-max-ms transaction-retry-ms vault-ca vault-namespace vault-path "
    "vault-token-file vault-url work-directory service.port service.address service.access-port "
    "service.alternate-access-port service.tls-port service.tls-access-port service.tls-alternate-access-port "
    "service.tls-name service.disable-localhost admin.port admin.address admin.tls-port admin.tls-name "
    "admin.disable-localhost heartbeat.mode heartbeat.port heartbeat.tls-port heartbeat.tls-name "
    "heartbeat.interval heartbeat.timeout heartbeat.connect-timeout-ms heartbeat.mtu heartbeat.protocol "
    "fabric.tls-port fabric.tls-name fabric.channel-bulk-fds fabric.channel-bulk-recv-threads "
    "fabric.channel-ctrl-fds fabric.channel-ctrl-recv-threads fabric.channel-meta-fds "
    "fabric.channel-meta-recv-threads fabric.channel-rw-fds fabric.channel-rw-recv-pools "
    "fabric.channel-rw-recv-threads fabric.keepalive-enabled fabric.keepalive-intvl fabric.keepalive-probes "
    "fabric.keepalive-time fabric.latency-max-ms fabric.port fabric.recv-rearm-threshold fabric.send-threads";
constexpr std::string_view kNamespaceKeys =
    "active-rack allow-ttl-without-nsup apply-ttl-reductions auto-revive background-query-max-rps "
    "conflict-resolution-policy conflict-resolve-writes default-read-touch-ttl-pct default-ttl "
    "disable-cold-start-eviction disable-mrt-writes disable-write-dup-res disallow-expunge "
    "disallow-null-setname enable-benchmarks-batch-sub enable-benchmarks-ops-sub enable-benchmarks-read "
    "enable-benchmarks-udf enable-benchmarks-udf-sub enable-benchmarks-write enable-hist-proxy "
    "evict-hist-buckets evict-indexes-memory-pct evict-tenths-pct force-long-queries ignore-migrate-fill-delay "
    "index-stage-size indexes-memory-budget inline-short-queries max-record-size migrate-order "
    "migrate-retransmit-ms migrate-skip-unreadable migrate-sleep mrt-duration nsup-hist-period nsup-period "
    "nsup-threads partition-tree-sprigs prefer-uniform-balance rack-id read-consistency-level-override "
    "reject-non-xdr-writes reject-xdr-writes replication-factor sindex-stage-size single-query-threads "
    "stop-writes-sys-memory-pct strong-consistency strong-consistency-allow-expunge tomb-raider-eligible-age "
    "tomb-raider-period tomb-raider-unmark-threads transaction-pending-limit truncate-threads "
    "write-commit-level-override xdr-bin-tombstone-ttl xdr-tomb-raider-period xdr-tomb-raider-threads "
    "geo2dsphere-within.strict geo2dsphere-within.min-level geo2dsphere-within.max-level "
    "geo2dsphere-within.max-cells geo2dsphere-within.level-mod geo2dsphere-within.earth-radius-meters "
    "index-type sindex-type storage-engine storage-engine.stripe[0] storage-engine.commit-to-device "
    "storage-engine.compression storage-engine.compression-acceleration storage-engine.compression-level "
    "storage-engine.data-size storage-engine.defrag-lwm-pct storage-engine.defrag-queue-min "
    "storage-engine.defrag-sleep storage-engine.defrag-startup-minimum storage-engine.direct-files "
    "storage-engine.disable-odsync storage-engine.enable-benchmarks-storage storage-engine.encryption-key-file "
    "storage-engine.encryption-old-key-file storage-engine.evict-used-pct storage-engine.filesize "
    "storage-engine.flush-max-ms storage-engine.max-write-cache storage-engine.stop-writes-avail-pct "
    "storage-engine.stop-writes-used-pct storage-engine.tomb-raider-sleep";

/// `context=service;proto-fd-max=1` as the server hands it over.
InfoParameters parse(const std::string& command) {
    InfoParameters parameters;
    std::istringstream stream(command);
    for (std::string part; std::getline(stream, part, ';');) {
        const size_t equals = part.find('=');
        parameters.emplace_back(part.substr(0, equals), part.substr(equals + 1));
    }
    return parameters;
}

std::string get(const std::string& command, const NodeConfig& config = default_config()) {
    const auto reply = get_config(config, parse(command));
    return reply ? *reply : reply.error().reply;
}

std::string set(const std::string& command, const NodeConfig& config = default_config()) {
    const auto changed = set_config(config, parse(command));
    return changed ? "ok" : changed.error().reply;
}

std::vector<std::string> keys(const std::string& reply) {
    std::vector<std::string> all;
    for (const auto& [key, value] : parse(reply)) all.push_back(key);
    return all;
}

void expect_keys(const std::string& reply, std::string_view expected) {
    const auto present = keys(reply);
    std::istringstream stream{std::string(expected)};
    for (std::string key; stream >> key;) {
        EXPECT_EQ(std::ranges::count(present, key), 1) << key;
    }
}

bool holds(const std::string& reply, const std::string& pair) {
    return (";" + reply + ";").find(";" + pair + ";") != std::string::npos;
}

TEST(GetConfig, HasEveryKeyToolsLookFor) {
    expect_keys(get(""), kNodeKeys);
    expect_keys(get("context=namespace;namespace=test"), kNamespaceKeys);
}

TEST(GetConfig, AnswersTheContextAskedFor) {
    EXPECT_TRUE(get("context=service").starts_with("advertise-ipv6=false;auto-pin=none;batch-index-threads=1;"));
    EXPECT_TRUE(get("context=network")
                    .starts_with("service.port=3000;service.address=0.0.0.0;service.access-port=0;"
                                 "service.alternate-access-port=0;"));
    EXPECT_EQ(get("context=security"), "");
    EXPECT_EQ(get("context=xdr"), "dcs=;src-id=0;trace-sample=0");
    EXPECT_EQ(get(""), get("context=service") + ";" + get("context=network"));
    EXPECT_EQ(get("context=namespace;namespace=test"), get("context=namespace;id=test"));
}

TEST(GetConfig, ValuesAreThoseOfTheNodeAsPlainNumbers) {
    NodeConfig config = default_config();
    config.service.node_id = "A9";
    config.service.proto_fd_max = 2'000;
    config.namespaces[0].default_ttl_s = 86'400;
    config.network.service.access_addresses = {"10.0.0.1", "10.0.0.2"};
    EXPECT_TRUE(holds(get("context=service", config), "node-id=A9"));
    EXPECT_TRUE(holds(get("context=service", config), "proto-fd-max=2000"));
    EXPECT_TRUE(holds(get("context=service", config), "pidfile=null"));
    EXPECT_TRUE(
        holds(get("context=network", config), "service.access-address=10.0.0.1;service.access-address=10.0.0.2"));
    const std::string ns = get("context=namespace;namespace=test", config);
    EXPECT_TRUE(holds(ns, "default-ttl=86400"));
    EXPECT_TRUE(holds(ns, "strong-consistency=false"));
    EXPECT_TRUE(holds(ns, "storage-engine=memory"));
    EXPECT_TRUE(holds(ns, "storage-engine.data-size=4294967296"));
    EXPECT_TRUE(holds(ns, "index-type=mem"));
    EXPECT_FALSE(holds(ns, "name=test"));
}

TEST(GetConfig, RefusesInTheWordsOfTheProtocol) {
    EXPECT_EQ(get("context=foo"), "ERROR:4:invalid context");
    EXPECT_EQ(get("context=namespace"), "ERROR:20:missing 'namespace'");
    EXPECT_EQ(get("context=namespace;namespace=zz"), "ERROR:20:namespace not found on node");
    EXPECT_EQ(get("context=namespace;id=zz"), "ERROR:20:namespace not found on node");
}

TEST(SetConfig, ChangesTheCopy) {
    const auto changed = set_config(default_config(), parse("context=service;proto-fd-max=20000"));
    ASSERT_TRUE(changed);
    EXPECT_EQ(changed->service.proto_fd_max, 20'000u);
    NodeConfig expected = default_config();
    expected.service.proto_fd_max = 20'000;
    EXPECT_EQ(*changed, expected);
}

TEST(SetConfig, ReadsPeriodsAndSizes) {
    const auto ttl = set_config(default_config(), parse("context=namespace;id=test;default-ttl=10d"));
    ASSERT_TRUE(ttl);
    EXPECT_EQ(ttl->namespaces[0].default_ttl_s, 864'000u);
    const auto size = set_config(default_config(), parse("context=namespace;namespace=test;max-record-size=8M"));
    ASSERT_TRUE(size);
    EXPECT_EQ(size->namespaces[0].max_record_size_bytes, 8u << 20);
}

TEST(SetConfig, StorageParametersGoWithAndWithoutTheirPrefix) {
    for (const std::string name : {"stop-writes-used-pct", "storage-engine.stop-writes-used-pct"}) {
        const auto changed = set_config(default_config(), parse("context=namespace;namespace=test;" + name + "=55"));
        ASSERT_TRUE(changed) << name;
        EXPECT_EQ(changed->namespaces[0].storage_engine.stop_writes_used_pct, 55u);
    }
    EXPECT_EQ(set("context=namespace;namespace=test;geo2dsphere-within-max-cells=12"), "ok");
}

TEST(SetConfig, ASetIsOverriddenWhetherTheFileNamesItOrNot) {
    const auto made =
        set_config(default_config(), parse("context=namespace;namespace=test;set=demo;stop-writes-count=5000"));
    ASSERT_TRUE(made);
    ASSERT_EQ(made->namespaces[0].sets.size(), 1u);
    EXPECT_EQ(made->namespaces[0].sets[0].name, "demo");
    EXPECT_EQ(made->namespaces[0].sets[0].stop_writes_count, 5'000u);

    const auto again = set_config(*made, parse("context=namespace;namespace=test;set=demo;default-ttl=5"));
    ASSERT_TRUE(again);
    ASSERT_EQ(again->namespaces[0].sets.size(), 1u);
    EXPECT_EQ(again->namespaces[0].sets[0].default_ttl_s, 5u);
    EXPECT_EQ(again->namespaces[0].sets[0].stop_writes_count, 5'000u);
}

TEST(SetConfig, RefusesInTheWordsOfTheProtocol) {
    const std::string invalid = "ERROR:4:invalid set-config parameter";
    EXPECT_EQ(set(""), "ERROR:4:missing 'context'");
    EXPECT_EQ(set("context=foo;a=b"), "ERROR:4:invalid context");
    EXPECT_EQ(set("context=service"), invalid);
    EXPECT_EQ(set("context=service;foo=1"), invalid);
    EXPECT_EQ(set("context=service;proto-fd-max=1"), invalid);
    EXPECT_EQ(set("context=service;batch-max-requests=x"), invalid);
    EXPECT_EQ(set("context=service;service-threads=3"), invalid);
    EXPECT_EQ(set("context=service;proto-fd-max=99;query-max-done=1"), invalid);
    EXPECT_EQ(set("context=service;transaction-retry-ms=100"), invalid);
    EXPECT_EQ(set("context=service;migrate-threads=101"), invalid);
    EXPECT_EQ(set("context=namespace;namespace=test;migrate-order=11"), invalid);
    EXPECT_EQ(set("context=network;foo=1"), invalid);
    EXPECT_EQ(set("context=namespace;foo=1"), "ERROR:20:missing 'namespace'");
    EXPECT_EQ(set("context=namespace;namespace=zz;default-ttl=1"), "ERROR:20:namespace not found on node");
    EXPECT_EQ(set("context=namespace;namespace=test;foo=1"), invalid);
    EXPECT_EQ(set("context=namespace;namespace=test;default-ttl=abc"), invalid);
    EXPECT_EQ(set("context=namespace;namespace=test;default-ttl=-1"), invalid);
    EXPECT_EQ(set("context=namespace;namespace=test;nsup-period=x"), invalid);
    EXPECT_EQ(set("context=namespace;namespace=test;name=x"), invalid);
    EXPECT_EQ(set("context=namespace;namespace=test;set=a b;default-ttl=5"), invalid);
    EXPECT_EQ(set("context=xdr;src-id=1"), "ERROR:4:invalid state or set-config parameter");
}

TEST(SetConfig, APlannedParameterTakesItsDefault) {
    EXPECT_EQ(set("context=service;transaction-retry-ms=1002"), "ok");
    EXPECT_EQ(set("context=network;heartbeat.mtu=1500"), "ok");
}

TEST(SetConfig, TellsTheLogWhatWasExpected) {
    const auto refused = set_config(default_config(), parse("context=namespace;namespace=test;default-ttl=abc"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().detail,
              "default-ttl: 'abc' is not a period; expected 0 to 10 years such as 3600, 12h or 30d");
}

TEST(SetConfig, DoesNotContradictOtherParameters) {
    NodeConfig config = default_config();
    config.namespaces[0].nsup_period_s = 0;
    EXPECT_EQ(set("context=namespace;namespace=test;default-ttl=1h", config), "ERROR:4:invalid set-config parameter");
    EXPECT_EQ(set("context=namespace;namespace=test;default-ttl=1h"), "ok");
}

TEST(SetLogLevel, ChangesOneModuleOrAll) {
    const auto one = set_log_level(default_config(), "service", "debug");
    ASSERT_TRUE(one);
    EXPECT_EQ(one->logging.modules.at("service"), LoggingConfig::Level::debug);
    const auto all = set_log_level(*one, "any", "WARNING");
    ASSERT_TRUE(all);
    EXPECT_EQ(all->logging.any, LoggingConfig::Level::warning);
    EXPECT_TRUE(all->logging.modules.empty());
    const auto level = [](const char* module, const char* text) {
        return set_log_level(default_config(), module, text).error().reply;
    };
    EXPECT_EQ(level("zz", "info"), "ERROR:4:bad parameter");
    EXPECT_EQ(level("info", "zz"), "ERROR:4:bad parameter");
    EXPECT_EQ(level("format", "json"), "ERROR:4:bad parameter");
}

}  // namespace
}  // namespace cairn::config
