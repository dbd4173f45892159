#include "node/config/load.h"

#include <gtest/gtest.h>

namespace cairn::config {
namespace {

std::string refusal(std::string_view text, const Environment& environment = {}) {
    const auto config = load(text, "cairn.yaml", environment);
    return config ? "accepted" : config.error().detail;
}

constexpr std::string_view kFull = R"(
service:
  cluster-name: orders
  node-id: 1a0
  service-threads: 4
  input-bytes-max: 64M
  ticker-interval: 1m
network:
  service: {addresses: [any], port: 3100, access-addresses: [203.0.113.5], access-port: 31000}
  admin: {address: 127.0.0.1, port: 3108}
namespaces:
  - name: test
    replication-factor: 1
    default-ttl: 30d
    nsup-period: 2m
    max-record-size: 8M
    storage-engine: {type: memory, data-size: 64M, stop-writes-used-pct: 90}
    sets:
      - {name: sessions, default-ttl: 1h, stop-writes-size: 1G, default-read-touch-ttl-pct: -1}
  - name: bar
logging: {format: json, any: warning, migrate: debug}
)";

TEST(Load, ReadsAWholeFile) {
    const auto config = load(kFull, "cairn.yaml", {});
    ASSERT_TRUE(config) << config.error().detail;
    EXPECT_EQ(config->service.cluster_name, "orders");
    EXPECT_EQ(config->service.node_id, "1a0");
    EXPECT_EQ(config->service.worker_threads, 4u);
    EXPECT_EQ(config->service.input_bytes_max, 64u << 20);
    EXPECT_EQ(config->service.ticker_interval_s, 60u);
    EXPECT_EQ(config->network.service.addresses, std::vector<std::string>{"0.0.0.0"});
    EXPECT_EQ(config->network.service.port, 3100);
    EXPECT_EQ(config->network.service.access_addresses, std::vector<std::string>{"203.0.113.5"});
    EXPECT_EQ(config->network.service.access_port, 31000);
    EXPECT_EQ(config->network.admin.address, "127.0.0.1");
    EXPECT_EQ(config->network.admin.port, 3108);
    ASSERT_EQ(config->namespaces.size(), 2u);
    const NamespaceConfig& ns = config->namespaces[0];
    EXPECT_EQ(ns.default_ttl_s, 2'592'000u);
    EXPECT_EQ(ns.max_record_size_bytes, 8u << 20);
    EXPECT_EQ(ns.storage_engine.data_size_bytes, 64u << 20);
    EXPECT_EQ(ns.storage_engine.stop_writes_used_pct, 90u);
    ASSERT_EQ(ns.sets.size(), 1u);
    EXPECT_EQ(ns.sets[0].default_ttl_s, 3'600u);
    EXPECT_EQ(ns.sets[0].stop_writes_size_bytes, 1u << 30);
    EXPECT_EQ(ns.sets[0].default_read_touch_ttl_pct, -1);
    EXPECT_EQ(config->namespaces[1].name, "bar");
    EXPECT_EQ(config->logging.format, LoggingConfig::Format::json);
    EXPECT_EQ(config->logging.any, LoggingConfig::Level::warning);
    EXPECT_EQ(config->logging.modules.at("migrate"), LoggingConfig::Level::debug);
}

TEST(Load, ReadsHowNodesFindEachOther) {
    const auto config = load(R"(
network:
  heartbeat:
    addresses: [any]
    port: 3102
    mesh-seed-address-ports: ["10.0.0.1:3002", "[fd00::1]:3002", "db-0.db:3002"]
    interval: 100
    timeout: 20
  fabric: {addresses: [any], port: 3101}
namespaces:
  - name: test
)",
                             "cairn.yaml", {});
    ASSERT_TRUE(config) << config.error().detail;
    const HeartbeatConfig& heartbeat = config->network.heartbeat;
    EXPECT_TRUE(heartbeat.configured());
    EXPECT_EQ(heartbeat.addresses, std::vector<std::string>{"0.0.0.0"});
    EXPECT_EQ(heartbeat.port, 3102);
    EXPECT_EQ(heartbeat.mesh_seed_address_ports,
              (std::vector<std::string>{"10.0.0.1:3002", "[fd00::1]:3002", "db-0.db:3002"}));
    EXPECT_EQ(heartbeat.interval_ms, 100u);
    EXPECT_EQ(heartbeat.timeout, 20u);
    EXPECT_EQ(config->network.fabric.port, 3101);
    EXPECT_FALSE(default_config().network.heartbeat.configured());
}

TEST(Load, RefusesASeedWithoutAPort) {
    const auto with = [](const std::string& heartbeat) {
        return refusal("network:\n  heartbeat: {" + heartbeat + "}\nnamespaces:\n  - name: test\n");
    };
    EXPECT_EQ(with("mesh-seed-address-ports: [10.0.0.1]"),
              "cairn.yaml:2: network.heartbeat.mesh-seed-address-ports: '10.0.0.1' is not accepted; "
              "expected addresses or names with a port such as 10.0.0.1:3002, [fd00::1]:3002 or db.example:3002");
    EXPECT_TRUE(with("mesh-seed-address-ports: ['db:70000']")
                    .ends_with("network.heartbeat.mesh-seed-address-ports: 'db:70000' has no port of 1 to 65535"));
    EXPECT_TRUE(with("addresses: [any], port: 3000")
                    .ends_with("network.heartbeat.port: 3000 is also network.service.port; expected another port"));
}

TEST(Load, WhatIsPrintedReadsBackToTheSame) {
    for (const NodeConfig& config : {*load(kFull, "cairn.yaml", {}), default_config(), default_config(3 << 20)}) {
        const auto again = load(print(config), "printed", {});
        ASSERT_TRUE(again) << again.error().detail << "\n" << print(config);
        EXPECT_EQ(*again, config) << print(config);
    }
}

TEST(Load, TheEnvironmentOverridesTheFile) {
    const auto config = load(kFull, "cairn.yaml",
                             {{"CAIRN_SERVICE_PROTO_FD_MAX", "1000"},
                              {"CAIRN_NAMESPACES_TEST_DEFAULT_TTL", "1h"},
                              {"CAIRN_NAMESPACES_TEST_STORAGE_ENGINE_DATA_SIZE", "1G"},
                              {"CAIRN_NAMESPACES_TEST_SETS_SESSIONS_DEFAULT_TTL", "5m"},
                              {"CAIRN_NETWORK_SERVICE_PORT", "4000"},
                              {"CAIRN_LOGGING_ANY", "debug"}});
    ASSERT_TRUE(config) << config.error().detail;
    EXPECT_EQ(config->service.proto_fd_max, 1'000u);
    EXPECT_EQ(config->namespaces[0].default_ttl_s, 3'600u);
    EXPECT_EQ(config->namespaces[0].storage_engine.data_size_bytes, 1u << 30);
    EXPECT_EQ(config->namespaces[0].sets[0].default_ttl_s, 300u);
    EXPECT_EQ(config->network.service.port, 4'000);
    EXPECT_EQ(config->logging.any, LoggingConfig::Level::debug);
}

TEST(Load, MistakesAreOneSentence) {
    EXPECT_EQ(
        refusal("namespaces:\n- name: test\n  default-ttl: abc"),
        "cairn.yaml:3: namespaces[0].default-ttl: 'abc' is not a period; expected 0 to 10 years such as 3600, 12h "
        "or 30d");
    EXPECT_EQ(refusal("service: {cluster-name: a;b}\nnamespaces: [{name: test}]"),
              "cairn.yaml:1: service.cluster-name: 'a;b' is not accepted; expected 1 to 63 bytes without spaces, ';', "
              "':', ',' or '='");
    EXPECT_EQ(refusal("service: {node-id: 00}\nnamespaces: [{name: test}]"),
              "cairn.yaml:1: service.node-id: '00' is not accepted; expected 1 to 16 hexadecimal digits that are not "
              "all 0");
    EXPECT_EQ(refusal("namespaces: [{name: a b}]"),
              "cairn.yaml:1: namespaces[0].name: 'a b' is not accepted; expected 1 to 31 letters, digits, '_', '-' or "
              "'$'");
    EXPECT_EQ(refusal("logging: {migrat: debug}\nnamespaces: [{name: test}]"),
              "cairn.yaml:1: logging: unknown key 'migrat'; expected perhaps 'migrate'");
}

TEST(Load, WhatThisVersionDoesNotHaveIsRefused) {
    EXPECT_EQ(refusal("namespaces:\n- name: test\n  strong-consistency: true"),
              "cairn.yaml:3: namespaces[0].strong-consistency: 'true' is not supported yet by this version; expected "
              "false");
    EXPECT_EQ(refusal("namespaces:\n- name: test\n  storage-engine: {type: pmem}"),
              "cairn.yaml:3: namespaces[0].storage-engine.type: pmem is not supported; expected memory or device");
    EXPECT_EQ(refusal("namespaces: [{name: test}]\nsecurity: {}"),
              "cairn.yaml:2: security: is not supported yet by this version; expected no such key");
    EXPECT_EQ(refusal("service: {migrate-threads: 1}\nnamespaces: [{name: test}]"), "accepted");
}

TEST(Load, StorageThatContradictsItselfIsRefused) {
    const auto said = [](const std::string& lines) {
        return refusal("namespaces:\n- name: test\n  storage-engine:\n" + lines);
    };
    const std::string place = "cairn.yaml:4: namespaces[0].storage-engine.";
    EXPECT_EQ(said("    type: device"),
              place + "type: device needs somewhere to store; expected files or devices beside it");
    EXPECT_EQ(said("    commit-to-device: true"),
              place + "commit-to-device: there is no device; expected files or devices");
    EXPECT_EQ(said("    write-block-size: 300K"),
              place + "write-block-size: 307200 is not a power of two; expected 128K to 8M");
    EXPECT_EQ(said("    devices: [/dev/a]\n    files: [/b]"),
              place + "devices: stands beside files; expected one of the two");
    EXPECT_EQ(said("    type: device\n    files: [/a, /b]\n    filesize: 1G"), "accepted");
}

TEST(Load, AFileHasANamespace) {
    EXPECT_EQ(refusal(""),
              "cairn.yaml: namespaces: there is none; expected a list of at least one, such as `- name: "
              "test`");
}

TEST(Load, RecordsThatExpireNeedSomebodyToRemoveThem) {
    const std::string sentence =
        "expired records would never be removed, as nsup-period is 0; expected an nsup-period such as 120, or "
        "allow-ttl-without-nsup: true";
    EXPECT_EQ(refusal("namespaces:\n- name: test\n  default-ttl: 1h"),
              "cairn.yaml:3: namespaces[0].default-ttl: " + sentence);
    EXPECT_EQ(refusal("namespaces:\n- name: test\n  sets:\n  - name: a\n    default-ttl: 1h"),
              "cairn.yaml:5: namespaces[0].sets[0].default-ttl: " + sentence);
    EXPECT_EQ(refusal("namespaces: [{name: test, default-ttl: 1h, nsup-period: 1m}]"), "accepted");
    EXPECT_EQ(refusal("namespaces: [{name: test, default-ttl: 1h, allow-ttl-without-nsup: true}]"), "accepted");
}

TEST(Load, TheTwoPortsDiffer) {
    EXPECT_EQ(refusal("namespaces: [{name: test}]", {{"CAIRN_NETWORK_ADMIN_PORT", "3000"}}),
              "CAIRN_NETWORK_ADMIN_PORT: network.admin.port: 3000 is also network.service.port; expected another port");
}

TEST(Load, AtMost32Namespaces) {
    std::string text = "namespaces:\n";
    for (int index = 0; index < 33; ++index) text += "- name: n" + std::to_string(index) + "\n";
    EXPECT_EQ(refusal(text), "cairn.yaml:34: namespaces[32]: is one too many; expected at most 32 namespaces");
}

TEST(Defaults, AreOneNamespaceInMemory) {
    const NodeConfig config = default_config();
    EXPECT_EQ(config.service.cluster_name, "cairn");
    EXPECT_EQ(config.service.node_id, "");
    EXPECT_EQ(config.network.service.addresses, std::vector<std::string>{"0.0.0.0"});
    EXPECT_EQ(config.network.service.port, 3000);
    EXPECT_EQ(config.network.admin.port, 3008);
    ASSERT_EQ(config.namespaces.size(), 1u);
    EXPECT_EQ(config.namespaces[0].name, "test");
    EXPECT_EQ(config.namespaces[0].storage_engine.data_size_bytes, uint64_t(4) << 30);
    EXPECT_EQ(config.namespaces[0].nsup_period_s, 120u);
}

TEST(Defaults, GiveHalfOfTheMemoryToRecords) {
    EXPECT_EQ(default_config(uint64_t(8'200'000'000)).namespaces[0].storage_engine.data_size_bytes, uint64_t(3'910)
                                                                                                        << 20);
}

TEST(Defaults, AreOverriddenByTheEnvironment) {
    const auto config = load_defaults(0, {{"CAIRN_NAMESPACES_TEST_DEFAULT_TTL", "1h"}});
    ASSERT_TRUE(config);
    EXPECT_EQ(config->namespaces[0].default_ttl_s, 3'600u);
    const auto refused = load_defaults(0, {{"CAIRN_SERVICE_PROTO_FD_MAX", "x"}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().detail,
              "CAIRN_SERVICE_PROTO_FD_MAX: 'x' is not an integer; expected 16 to 2147483647 connections");
}

TEST(Reload, TakesWhatIsDynamicAndReportsTheRest) {
    const NodeConfig running =
        *load("namespaces: [{name: test, sets: [{name: a, stop-writes-count: 5}, {name: c}]}]", "", {});
    const NodeConfig wanted = *load(R"(
service: {proto-fd-max: 99, service-threads: 9}
namespaces:
- {name: test, nsup-period: 1m, storage-engine: {data-size: 1G}, sets: [{name: a}, {name: b, default-ttl: 1h}]}
- {name: bar}
)",
                                    "", {});
    const Reloaded report = reload(running, wanted);
    EXPECT_EQ(report.changed, (std::vector<std::string>{"service.proto-fd-max", "namespaces[test].nsup-period",
                                                        "namespaces[test].sets[a].stop-writes-count",
                                                        "namespaces[test].sets[b]", "namespaces[test].sets[c]"}));
    EXPECT_EQ(report.needs_restart,
              (std::vector<std::string>{"service.service-threads", "namespaces[test].storage-engine.data-size",
                                        "namespaces[bar]"}));
    NodeConfig expected = wanted;
    expected.service.worker_threads = 0;
    expected.namespaces.pop_back();
    expected.namespaces[0].storage_engine.data_size_bytes = uint64_t(4) << 30;
    EXPECT_EQ(report.config, expected);
}

TEST(Reload, OfTheSameChangesNothing) {
    const NodeConfig running = *load(kFull, "", {});
    const Reloaded report = reload(running, running);
    EXPECT_EQ(report.config, running);
    EXPECT_TRUE(report.changed.empty());
    EXPECT_TRUE(report.needs_restart.empty());
}

}  // namespace
}  // namespace cairn::config
