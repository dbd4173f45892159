// Goal: while a node reads its devices it says how far it is, and nothing else: a client takes it for one that is not up.
// Method: a node with a file on a simulated machine that holds the reading back until the test lets it go.

#include <gtest/gtest.h>

#include "common/client/reply.h"
#include "common/client/request.h"
#include "node/server/admin.h"
#include "tests/sim/raw_user.h"
#include "tests/sim/simulated_node.h"

namespace cairn::sim {
namespace {

NamespaceConfig on_file() {
    NamespaceConfig settings;
    settings.storage_engine.type = StorageEngine::device;
    settings.storage_engine.files = {"/data/0"};
    settings.storage_engine.file_size_bytes = 32 << 20;
    settings.storage_engine.write_block_size_bytes = 128 << 10;
    return settings;
}

struct Loading : testing::Test {
    Loading() { machine.hold_aside(); }

    /// All frames that answer what is said, as text.
    std::vector<std::string> answers(const Buffer& says, size_t count) {
        RawUser user(users_on, node().endpoint());
        user.say(says.bytes());
        EXPECT_TRUE(world.run_until([&] { return user.frame_count() >= count; }, 10s));
        std::vector<std::string> all;
        for (const auto& frame : user.frames()) all.emplace_back(as_text(frame.body));
        return all;
    }
    std::string ask(std::string_view name) {
        Buffer says;
        wire::FrameWriter frame(says, wire::FrameType::info);
        says.append(as_bytes(name));
        says.append(as_bytes("\n"));
        frame.finish();
        const auto heard = answers(says, 1);
        return heard.empty() ? "" : heard[0];
    }
    SimulatedNode& node() {
        if (!node_) node_.emplace(world, machine, on_file());
        return *node_;
    }
    server::State& state() { return (*node()).state(); }
    void let_go() {
        machine.release_aside();
        EXPECT_TRUE(world.run_until([&] { return state().ready.load(); }, 10s));
    }

    World world{1};
    SimMachine& machine = world.machine("node", 2);
    SimMachine& users_on = world.machine("users", 1);
    std::optional<SimulatedNode> node_;
};

TEST_F(Loading, HarmlessNamesAreAnsweredAndAllOthersSayHowFarItIs) {
    state().loading.tell("test", 0.43, 12.4);
    EXPECT_EQ(ask("status"), "status\tok\n");
    EXPECT_EQ(ask("loading"), "loading\tloading=true;namespace=test;done-pct=43;seconds-left=12\n");
    for (const std::string name :
         {"node", "partitions", "namespaces", "statistics", "namespace/test", "replicas", "peers-clear-std",
          "service-clear-std", "truncate:namespace=test", "set-config:context=service;x=1"}) {
        EXPECT_EQ(ask(name), name + "\tERROR:11:loading test: 43 %, about 12 s left\n");
    }
    let_go();
    EXPECT_EQ(ask("node"), "node\tA1\n");
    EXPECT_EQ(ask("loading"), "loading\tloading=false\n");
}

TEST_F(Loading, CommandsOnRecordsAreRefusedAsOfAPartitionThatIsNotThere) {
    const Digest digest = Digest{};
    const auto code_of = [](const std::string& body) { return int(uint8_t(body.at(5))); };
    Buffer get;
    client::append_get(get, {"test", "s", digest});
    EXPECT_EQ(code_of(answers(get, 1).at(0)), 11);
    Buffer batch;
    client::append_batch_get(batch, "test", "s", std::vector{digest});
    const auto row = answers(batch, 1).at(0);
    EXPECT_EQ(code_of(row), 11);
    EXPECT_NE(row[3] & wire::info3::last, 0);
    Buffer scan;
    const PartitionId partition = 0;
    client::append_scan(scan, {.ns = "test", .partitions = {&partition, 1}});
    const auto end = answers(scan, 1).at(0);
    EXPECT_EQ(code_of(end), 11);
    EXPECT_NE(end[3] & wire::info3::last, 0);
    let_go();
    EXPECT_EQ(code_of(answers(get, 1).at(0)), 2);
}

TEST_F(Loading, TheAdminPortIsNotReadyAndSaysWhy) {
    server::Admin admin((*node()).info(), state());
    state().loading.tell("test", 0.43, 12.4);
    EXPECT_EQ(admin.ready().status, 503);
    EXPECT_EQ(admin.ready().body, "loading test: 43 %, about 12 s left\n");
    const std::string page = admin.metrics().body;
    EXPECT_NE(page.find("cairn_loading 1"), std::string::npos) << page;
    EXPECT_NE(page.find("cairn_load_done_percent{ns=\"test\"} 43"), std::string::npos);
    let_go();
    EXPECT_EQ(admin.ready().status, 200);
    EXPECT_NE(admin.metrics().body.find("cairn_loading 0"), std::string::npos);
}

TEST_F(Loading, ANodeThatIsStoppedMeanwhileEnds) {
    ASSERT_TRUE(state().loading.active());
    EXPECT_TRUE(node().stop());
}

}  // namespace
}  // namespace cairn::sim
