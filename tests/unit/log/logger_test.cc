#include "common/log/logger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "common/log/memory_sink.h"

namespace cairn::log {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::MatchesRegex;

TEST(Logger, PutsTheTimeInUtcFirst) {
    MemorySink sink;
    Logger logger(Format::text, Level::info, sink);
    logger.info(Module::namespace_, "stop-writes on", {{"namespace", "test"}, {"used", "91%"}});
    EXPECT_THAT(sink.lines(),
                ElementsAre(MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z "
                                         "INFO  namespace: stop-writes on namespace=test used=91%")));
}

TEST(Logger, WritesJsonThatParses) {
    MemorySink sink;
    Logger logger(Format::json, Level::info, sink);
    logger.warning(Module::config, "100% {} %v", {{"path", "a.b"}});
    const auto line = nlohmann::json::parse(sink.lines().at(0));
    EXPECT_THAT(line["ts"].get<std::string>(), MatchesRegex("[0-9-]{10}T[0-9:]{8}\\.[0-9]{3}Z"));
    EXPECT_EQ(line["msg"], "100% {} %v");
    EXPECT_EQ(line["path"], "a.b");
}

TEST(Logger, WritesOnlyFromItsLevelUp) {
    MemorySink sink;
    Logger logger(Format::text, Level::warning, sink);
    logger.info(Module::query, "quiet");
    logger.warning(Module::query, "loud");
    EXPECT_THAT(sink.lines(), ElementsAre(EndsWith("loud")));
}

TEST(Logger, HasALevelPerModule) {
    MemorySink sink;
    Logger logger(Format::text, Level::info, sink);
    logger.set_level(Module::query, Level::detail);
    logger.detail(Module::query, "heard");
    logger.detail(Module::nsup, "not heard");
    EXPECT_THAT(sink.lines(), ElementsAre(EndsWith("DETAIL query: heard")));
    EXPECT_EQ(logger.level(Module::query), Level::detail);
    EXPECT_EQ(logger.level(Module::nsup), Level::info);
}

TEST(Logger, TellsHowManyLinesALimitHeldBack) {
    MemorySink sink;
    Logger logger(Format::text, Level::info, sink);
    RateLimit limit(1s);
    for (int i = 0; i < 5; ++i) logger.limited(limit, 10s, Level::info, Module::proto, "bad frame", {{"n", i}});
    logger.limited(limit, 11s, Level::info, Module::proto, "bad frame", {{"n", 5}});
    EXPECT_THAT(sink.lines(), ElementsAre(EndsWith("bad frame n=0"), EndsWith("bad frame n=5 held_back=4")));
}

TEST(Logger, TakesLinesAndLevelsFromManyThreads) {
    MemorySink sink;
    Logger logger(Format::text, Level::info, sink);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 100; ++i) {
                logger.info(Module::service, "line");
                logger.set_level(Module::query, i % 2 ? Level::debug : Level::info);
                logger.debug(Module::hb, "never");
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(sink.lines().size(), 400);
}

TEST(Names, OfLevelsAreReadInAnyCase) {
    EXPECT_EQ(level_named("detail"), Level::detail);
    EXPECT_EQ(level_named("CRITICAL"), Level::critical);
    EXPECT_EQ(level_named("loud"), std::nullopt);
    EXPECT_EQ(level_named(""), std::nullopt);
}

TEST(Names, OfModulesReadBack) {
    for (size_t i = 0; i < kModuleCount; ++i) EXPECT_EQ(module_named(name(Module(i))), Module(i));
    EXPECT_EQ(module_named("any"), std::nullopt);
}

}  // namespace
}  // namespace cairn::log
