#include "tests/unit/server/fixture.h"

namespace cairn::server::test {
namespace {

using SettingsTest = InfoTest;

TEST_F(SettingsTest, ChangeIsInForceWithTheReplyAndWorkersAreTold) {
    int told = 0;
    state.tell_workers = [&told] { ++told; };
    EXPECT_EQ(ask("set-config:context=service;proto-fd-max=20000"), "ok");
    EXPECT_EQ(state.config()->service.proto_fd_max, 20000u);
    EXPECT_EQ(value_of(ask("get-config:context=service"), "proto-fd-max"), "20000");
    EXPECT_EQ(told, 1);
}

TEST_F(SettingsTest, NamespaceAndSetTakeTheirChangesOver) {
    put("demo", 1);
    EXPECT_EQ(ask("set-config:context=namespace;id=test;default-ttl=10d"), "ok");
    EXPECT_EQ(state.namespaces[0]->default_ttl_s.load(), 864'000u);
    EXPECT_EQ(ask("set-config:context=namespace;namespace=test;set=demo;stop-writes-count=5000"), "ok");
    EXPECT_TRUE(ask("sets/test/demo").contains(":stop-writes-count=5000:"));
}

TEST_F(SettingsTest, RefusedChangeIsLoggedWithItsReason) {
    EXPECT_EQ(ask("set-config:context=service;foo=1"), "ERROR:4:invalid set-config parameter");
    ASSERT_FALSE(lines.lines().empty());
    EXPECT_TRUE(lines.lines().back().contains("context=service;foo=1")) << lines.lines().back();
}

TEST_F(SettingsTest, GetConfigTellsTheNodeIdThatWasDerived) {
    EXPECT_EQ(value_of(ask("get-config:context=service"), "node-id"), "BB9");
}

TEST_F(SettingsTest, LogLevelChangesAtOnce) {
    EXPECT_EQ(ask("log-set:id=0;rw-client=DETAIL"), "ok");
    EXPECT_EQ(logger.level(log::Module::rw_client), log::Level::detail);
    EXPECT_EQ(ask("log/0/rw-client"), "rw-client:DETAIL");
    EXPECT_EQ(ask("log/0/service"), "service:INFO");
    EXPECT_EQ(ask("set-log:id=0;any=warning"), "ok");
    EXPECT_EQ(ask("log/0/rw-client"), "rw-client:WARNING");
}

TEST(LogLevels, AreThoseOfTheConfigurationFromTheStart) {
    NodeConfig config;
    config.logging.any = LoggingConfig::Level::warning;
    config.logging.modules["migrate"] = LoggingConfig::Level::debug;
    log::MemorySink lines;
    log::Logger logger(log::Format::text, log::Level::info, lines);
    const State state({}, std::make_shared<const NodeConfig>(config), 1, logger, 0s);
    EXPECT_EQ(logger.level(log::Module::migrate), log::Level::debug);
    EXPECT_EQ(logger.level(log::Module::http), log::Level::warning);
}

TEST_F(SettingsTest, FewerDoneQueriesAreKeptWhenTheirLimitFalls) {
    for (uint64_t id = 1; id <= 3; ++id) {
        auto job = std::make_shared<query::Job>();
        job->id = id;
        state.queries.add(job, 10);
        state.queries.finish(job, query::JobEnd::ok, 1s);
    }
    EXPECT_EQ(ask("set-config:context=service;query-max-done=1"), "ok");
    EXPECT_EQ(state.queries.all().size(), 1u);
}

}  // namespace
}  // namespace cairn::server::test
