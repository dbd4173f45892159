#include "tests/unit/server/fixture.h"

namespace cairn::server::test {
namespace {

class SessionTest : public InfoTest {
protected:
    std::string reply(std::string_view body) {
        Buffer out;
        answer_info(as_bytes(body), info, session, out);
        return std::string(as_text(out.bytes().subspan(wire::kProtoHeaderSize)));
    }
    std::shared_ptr<query::Job> job(uint64_t id) {
        auto made = std::make_shared<query::Job>();
        made->id = id;
        made->ns = "test";
        made->set = "demo";
        made->from = "10.0.0.9:51234";
        made->partitions_requested = 4096;
        made->partitions_total = 4096;
        made->partitions_done = 1024;
        made->socket_timeout_ms = 30000;
        made->started = 99s;
        EXPECT_EQ(state.queries.add(made, 10), ResultCode::ok);
        return made;
    }
};

TEST_F(SessionTest, EachLineIsEchoedWithItsValue) {
    EXPECT_EQ(reply("node\nsets/zz\n"), "node\tBB9\nsets/zz\tns_type=unknown\n");
}

TEST_F(SessionTest, LastLineNeedsNoNewline) { EXPECT_EQ(reply("node"), "node\tBB9\n"); }

TEST_F(SessionTest, RequestWithoutCommandsIsToldTheMainThings) {
    EXPECT_TRUE(reply("").starts_with("node\tBB9\nbuild\t8.1.2.0\n"));
}

TEST_F(SessionTest, UserAgentsAreCountedOverConnectionsAndForgotten) {
    InfoSession second(clock);
    EXPECT_EQ(ask("user-agent-set:value=YQ=="), "ok");
    EXPECT_EQ(info.ask("user-agent-set:value=YQ==", second), "ok");
    EXPECT_EQ(ask("user-agents"), "user-agent=YQ==:count=2;");
    EXPECT_EQ(ask("user-agent-set:value=Yg=="), "ok");
    EXPECT_EQ(ask("user-agents"), "user-agent=YQ==:count=1;user-agent=Yg==:count=1;");
    state.user_agents.change(session.user_agent, "");
    EXPECT_EQ(ask("user-agents"), "user-agent=YQ==:count=1;");
}

TEST_F(SessionTest, WrongUserAgents) {
    EXPECT_EQ(ask("user-agent-set:"), "ERROR:4:missing 'value'");
    EXPECT_EQ(ask("user-agent-set:value="), "ERROR:4:missing 'value' value");
    EXPECT_EQ(ask("user-agent-set:value=!!!"), "ERROR:4:'value' invalid base64");
    EXPECT_EQ(ask("user-agent-set:value=" + std::string(2000, 'A')), "ERROR:4:'value' value too long");
    EXPECT_EQ(ask("user-agents"), "");
}

TEST_F(SessionTest, RunningQueryIsShown) {
    const auto made = job(7);
    EXPECT_EQ(
        ask("query-show:id=7"),
        "trid=7:ns=test:set=demo:n-pids-requested=4096:n-keyds-requested=0:rps=0:active-threads=1:status=active(ok):"
        "job-progress=25.00:run-time=1000:time-since-done=0:recs-throttled=0:recs-filtered-meta=0:"
        "recs-filtered-bins=0:recs-succeeded=0:recs-failed=0:from=10.0.0.9+51234:job-type=basic:net-io-bytes=0:"
        "net-io-time=0:socket-timeout=30000");
}

TEST_F(SessionTest, EndedQueryTellsHowAndWhen) {
    const auto made = job(7);
    state.queries.finish(made, query::JobEnd::aborted, 99s + 500ms);
    const std::string text = ask("query-show:trid=7");
    EXPECT_TRUE(text.contains(":active-threads=0:status=done(user-aborted):")) << text;
    EXPECT_TRUE(text.contains(":run-time=500:time-since-done=500:")) << text;
}

TEST_F(SessionTest, QueriesAreAborted) {
    const auto made = job(7);
    EXPECT_EQ(ask("query-abort:id=8"), "ERROR:2:id not active");
    EXPECT_FALSE(made->abort_asked);
    EXPECT_EQ(ask("query-abort:trid=7"), "ok");
    EXPECT_TRUE(made->abort_asked);
    EXPECT_EQ(ask("query-abort-all:"), "OK - number of queries killed: 1");
}

TEST_F(SessionTest, WrongQueryIds) {
    EXPECT_EQ(ask("query-show"), "");
    EXPECT_EQ(ask("query-show:id=5"), "ERROR:2:job not found");
    EXPECT_EQ(ask("query-show:id=abc"), "ERROR:4:bad id");
    EXPECT_EQ(ask("query-show:id="), "ERROR:4:missing 'id' value");
    EXPECT_EQ(ask("query-abort"), "ERROR:4:missing 'id'");
}

}  // namespace
}  // namespace cairn::server::test
