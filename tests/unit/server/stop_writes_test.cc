#include "node/server/stop_writes.h"

#include "tests/unit/server/fixture.h"

namespace cairn::server::test {
namespace {

class StopWritesTest : public InfoTest {
protected:
    /// A machine with this much of its memory in use.
    void look(uint64_t percent) { watch.look({.memory_total_bytes = 100, .memory_free_bytes = 100 - percent}); }
    size_t lines_with(std::string_view text) {
        return static_cast<size_t>(
            std::ranges::count_if(lines.lines(), [&](const auto& line) { return line.contains(text); }));
    }
    StopWritesWatch watch{state};
};

TEST_F(StopWritesTest, WritesStopWhileTheMachineIsFuller) {
    look(90);
    EXPECT_EQ(put("demo", 1), ResultCode::ok);
    look(91);
    EXPECT_EQ(put("demo", 1), ResultCode::out_of_space);
    EXPECT_EQ(value_of(ask("namespace/test"), "stop_writes"), "true");
    look(90);
    EXPECT_EQ(put("demo", 1), ResultCode::ok);
}

TEST_F(StopWritesTest, NoShareOfTheMachineIsTooMuchAtZero) {
    EXPECT_EQ(ask("set-config:context=namespace;namespace=test;stop-writes-sys-memory-pct=0"), "ok");
    look(100);
    EXPECT_EQ(put("demo", 1), ResultCode::ok);
}

TEST_F(StopWritesTest, MachineThatTellsNothingIsNotFull) {
    watch.look({});
    EXPECT_EQ(put("demo", 1), ResultCode::ok);
}

TEST_F(StopWritesTest, BeginAndEndAreLoggedOnceForEachNamespace) {
    look(91);
    look(95);
    EXPECT_EQ(lines_with("stop-writes on"), 2u);
    EXPECT_EQ(lines_with("namespace=test limit=stop-writes-sys-memory-pct limit_pct=90 now_pct=91"), 1u);
    look(80);
    look(80);
    EXPECT_EQ(lines_with("stop-writes off"), 2u);
}

TEST_F(StopWritesTest, MemoryHeldByRecordsAndIndexIsNotAvailable) {
    EXPECT_EQ(value_of(ask("namespace/test"), "data_avail_pct"), "100");
    ASSERT_EQ(put("demo", 1), ResultCode::ok);
    EXPECT_EQ(value_of(ask("namespace/test"), "data_avail_pct"), "99");
}

}  // namespace
}  // namespace cairn::server::test
