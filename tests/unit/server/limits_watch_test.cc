#include "node/server/limits_watch.h"

#include "tests/unit/server/fixture.h"

namespace cairn::server::test {
namespace {

class LimitsWatchTest : public InfoTest {
protected:
    /// A machine with this much of its memory in use.
    void look(uint64_t percent) { watch.look({.memory_total_bytes = 100, .memory_free_bytes = 100 - percent}); }
    size_t lines_with(std::string_view text) {
        return static_cast<size_t>(
            std::ranges::count_if(lines.lines(), [&](const auto& line) { return line.contains(text); }));
    }
    LimitsWatch watch{state};
};

TEST_F(LimitsWatchTest, WritesStopWhileTheMachineIsFuller) {
    look(90);
    EXPECT_EQ(put("demo", 1), ResultCode::ok);
    look(91);
    EXPECT_EQ(put("demo", 1), ResultCode::out_of_space);
    EXPECT_EQ(value_of(ask("namespace/test"), "stop_writes"), "true");
    look(90);
    EXPECT_EQ(put("demo", 1), ResultCode::ok);
}

TEST_F(LimitsWatchTest, NoShareOfTheMachineIsTooMuchAtZero) {
    EXPECT_EQ(ask("set-config:context=namespace;namespace=test;stop-writes-sys-memory-pct=0"), "ok");
    look(100);
    EXPECT_EQ(put("demo", 1), ResultCode::ok);
}

TEST_F(LimitsWatchTest, MachineThatTellsNothingIsNotFull) {
    watch.look({});
    EXPECT_EQ(put("demo", 1), ResultCode::ok);
}

TEST_F(LimitsWatchTest, BeginAndEndAreLoggedOnceForEachNamespace) {
    look(91);
    look(95);
    EXPECT_EQ(lines_with("stop-writes on"), 2u);
    EXPECT_EQ(lines_with("namespace=test limit=stop-writes-sys-memory-pct limit_pct=90 now_pct=91"), 1u);
    look(80);
    look(80);
    EXPECT_EQ(lines_with("stop-writes off"), 2u);
}

TEST_F(LimitsWatchTest, MemoryHeldByRecordsAndIndexIsNotAvailable) {
    EXPECT_EQ(value_of(ask("namespace/test"), "data_avail_pct"), "100");
    ASSERT_EQ(put("demo", 1), ResultCode::ok);
    EXPECT_EQ(value_of(ask("namespace/test"), "data_avail_pct"), "99");
}

TEST_F(LimitsWatchTest, ReasonThatChangesIsLogged) {
    ASSERT_EQ(put("demo", 1), ResultCode::ok);
    look(91);
    EXPECT_EQ(put("demo", 1), ResultCode::out_of_space);
    EXPECT_EQ(ask("set-config:context=namespace;namespace=test;indexes-memory-budget=1"), "ok");
    look(91);
    EXPECT_EQ(lines_with("limit=indexes-memory-budget"), 1u);
    EXPECT_EQ(ask("set-config:context=namespace;namespace=test;indexes-memory-budget=0"), "ok");
    look(50);
    EXPECT_EQ(put("demo", 1), ResultCode::ok);
    EXPECT_EQ(lines_with("stop-writes off namespace=test limit=indexes-memory-budget"), 1u);
}

TEST_F(LimitsWatchTest, EvictMarkIsToldWhileItIsBreached) {
    ASSERT_EQ(put("demo", 1), ResultCode::ok);
    EXPECT_EQ(ask("set-config:context=namespace;namespace=test;evict-indexes-memory-pct=50"),
              "ERROR:4:invalid set-config parameter");  // of what?
    EXPECT_EQ(ask("set-config:context=namespace;namespace=test;indexes-memory-budget=100"), "ok");
    EXPECT_EQ(ask("set-config:context=namespace;namespace=test;evict-indexes-memory-pct=50"), "ok");
    look(50);
    EXPECT_EQ(value_of(ask("namespace/test"), "hwm_breached"), "true");
    EXPECT_EQ(lines_with("above the evict mark namespace=test limit=evict-indexes-memory-pct limit_pct=50"), 1u);
    EXPECT_EQ(ask("set-config:context=namespace;namespace=test;indexes-memory-budget=1G"), "ok");
    look(50);
    EXPECT_EQ(value_of(ask("namespace/test"), "hwm_breached"), "false");
    EXPECT_EQ(lines_with("below the evict mark"), 1u);
}

TEST_F(LimitsWatchTest, EvictionsAreToldAndReset) {
    auto& ns = *state.namespaces[0];
    ns.evictions.add({.void_time = clock.epoch_s() + 1000, .lut = 1}, clock.epoch_s());
    EXPECT_EQ(value_of(ask("namespace/test"), "evict_void_time"), std::to_string(clock.epoch_s() + 1000));
    EXPECT_EQ(ask("eviction-reset:namespace=test;ttl=100"), "ok");
    EXPECT_EQ(value_of(ask("namespace/test"), "evict_void_time"), std::to_string(clock.epoch_s() + 100));
    EXPECT_EQ(ask("eviction-reset:namespace=test"), "ok");
    EXPECT_EQ(value_of(ask("namespace/test"), "evict_void_time"), "0");
}

}  // namespace
}  // namespace cairn::server::test
