// Goal: over connections that break and disks that are slow, nodes find each other, form one view, and keep what they
// promised. Method: FabricHistory; one seed is one history. Replay a failing one with --gtest_filter=*/<seed>.

#include <gtest/gtest.h>

#include <array>
#include <cstdio>

#include "node/cluster/codec.h"
#include "tests/sim/fabric_history.h"
#include "tests/sim/seeds.h"

namespace cairn::sim {
namespace {

using fabric::FabricMutants;

class EachSeed : public testing::TestWithParam<uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, EachSeed, seeds(30), testing::PrintToStringParamName());

TEST_P(EachSeed, TwoNodesFormAView) {
    FabricHistory history(GetParam(), {.nodes = 2});
    history.start();
    EXPECT_TRUE(history.settle_within(5s));
    EXPECT_EQ(history.violation(), std::nullopt);
}

TEST_P(EachSeed, AgreesWhateverHappensToConnections) {
    FabricHistory history(GetParam(), {.by_name = GetParam() % 2 == 0});
    EXPECT_EQ(history.run(), std::nullopt);
}

TEST(Fabric, NodesThatKnowOneEachFindAll) {
    for (uint64_t seed = 1; seed <= 5; ++seed) {
        FabricHistory history(seed, {.nodes = 5});
        history.start();
        ASSERT_TRUE(history.settle_within(15s)) << seed;
        EXPECT_EQ(history.fabric(0).standing()->peers.size(), 4u);
        EXPECT_EQ(history.fabric(0).standing()->peers.at(3).clients.standard,
                  std::vector<std::string>{"10.0.0.3:3000"});
    }
}

TEST(Fabric, ANameStandsForAllNodesThatItEverHas) {
    FabricHistory history(1, {.nodes = 3, .by_name = true});
    history.world().network().set_name("nodes", {});
    history.start();
    history.world().run_for(8s);
    EXPECT_EQ(history.fabric(0).standing()->formed->view.members.size(), 1u);
    EXPECT_EQ(history.logged(0, "seed cannot be resolved"), 1u);
    history.world().network().set_name("nodes", {"10.0.0.1", "10.0.0.2", "10.0.0.3"});
    EXPECT_TRUE(history.settle_within(15s));
    EXPECT_GT(history.fabric(0).figures().pulses_of_self.get(), 0u) << "the name stands for the node itself, too";
}

TEST(Fabric, AProcessThatEndsIsNoticedByItsResetAndRefusal) {
    for (uint64_t seed = 1; seed <= 10; ++seed) {
        FabricHistory history(seed, {.nodes = 3});
        history.start();
        ASSERT_TRUE(history.settle_within(10s)) << seed;
        history.kill(2);
        EXPECT_TRUE(history.settle_within(600ms)) << seed;
        EXPECT_EQ(history.fabric(0).figures().processes_ended.get(), 1u);
        EXPECT_EQ(history.fabric(1).figures().processes_ended.get(), 1u);
    }
}

TEST(Fabric, ACutConnectionIsMadeAnewAndChangesNoView) {
    FabricHistory history(1, {.nodes = 3});
    history.start();
    ASSERT_TRUE(history.settle_within(10s));
    const auto before = history.fabric(0).standing()->generation;
    for (int i = 0; i < 10; ++i) {
        history.world().network().cut(history.machine(0), history.machine(1));
        history.world().run_for(2s);
    }
    EXPECT_TRUE(history.settled());
    EXPECT_EQ(history.fabric(0).standing()->generation, before);
    EXPECT_GE(history.fabric(0).figures().connections_closed.get(), 20u);
}

TEST(Fabric, AMachineThatVanishesIsLeftOutAndTakenBack) {
    FabricHistory history(2, {.nodes = 3});
    auto& network = history.world().network();
    history.start();
    ASSERT_TRUE(history.settle_within(10s));
    const auto isolate = [&](bool blocked) {
        for (size_t i = 0; i < 2; ++i) {
            for (const auto& [from, to] : {std::pair<size_t, size_t>{i, 2}, {2, i}}) {
                if (blocked) network.block(history.machine(from), history.machine(to));
                else network.unblock(history.machine(from), history.machine(to));
            }
        }
    };
    isolate(true);
    history.world().run_for(4s);
    EXPECT_EQ(history.fabric(0).standing()->formed->view.members.size(), 2u);
    EXPECT_EQ(history.fabric(0).figures().processes_ended.get(), 0u) << "nobody answered: nobody said that it ended";
    isolate(false);
    EXPECT_TRUE(history.settle_within(30s));
}

// Alone it would serve what it has not: the others have to dial it, however seldom they did while it was away.
TEST(Fabric, ANodeThatComesBackAfterLongIsNotAloneFirst) {
    for (uint64_t seed = 1; seed <= 8; ++seed) {
        FabricHistory history(seed, {.nodes = 3});
        history.start();
        ASSERT_TRUE(history.settle_within(10s)) << seed;
        history.kill(0);
        history.world().run_for(history.world().dice().up_to(2s) + 8s);
        history.machine(0).loop(0).clock().refresh();
        history.restart(0);
        const auto in_view = [&] { return history.fabric(0).standing()->formed != nullptr; };
        ASSERT_TRUE(history.world().run_until(in_view, 10s)) << seed;
        EXPECT_EQ(history.fabric(0).standing()->formed->view.members.size(), 3u) << seed;
    }
}

TEST(Fabric, ANodeThatStopsSaysSo) {
    FabricHistory history(1, {.nodes = 3});
    history.start();
    ASSERT_TRUE(history.settle_within(10s));
    bool stopped = false;
    history.machine(2).loop(0).post([&] { history.fabric(2).stop([&] { stopped = true; }); });
    ASSERT_TRUE(history.world().run_until([&] { return stopped; }, 1s));
    history.kill(2);
    EXPECT_TRUE(history.settle_within(500ms));
}

TEST(Fabric, ARestartedNodeKeepsItsIncarnationAndAWipedOneDoesNot) {
    FabricHistory history(1, {.nodes = 2});
    history.start();
    ASSERT_TRUE(history.settle_within(10s));
    const auto before = history.fabric(0).self();
    const auto cfg = history.fabric(0).membership()->view_change().report().namespaces.at("test").partitions[3].cfg;
    history.kill(0);
    history.begin(0);
    const auto& report = history.fabric(0).membership()->view_change().report();
    EXPECT_EQ(history.fabric(0).self().incarnation, before.incarnation);
    EXPECT_NE(history.fabric(0).self().boot, before.boot);
    EXPECT_EQ(report.namespaces.at("test").partitions[3].cfg, cfg) << "and what it had in sync";
    EXPECT_TRUE(history.settle_within(10s));
    history.kill(0);
    history.wipe(0);
    history.begin(0);
    EXPECT_NE(history.fabric(0).self().incarnation, before.incarnation);
    EXPECT_TRUE(history.settle_within(10s));
}

TEST(Fabric, NodesWhoseSeedsAreGoneFindEachOtherAgainByTheAddressesOfTheLastView) {
    for (const bool kept : {true, false}) {
        FabricHistory history(1, {.nodes = 3});
        for (size_t i = 0; i < 3; ++i) history.settings(i).seeds = {{"10.0.0.1", 3002}};
        history.start();
        ASSERT_TRUE(history.settle_within(10s));
        history.world().run_for(1s);  // what is written is written
        for (size_t i = 0; i < 3; ++i) history.kill(i);
        history.begin(1);
        history.world().run_for(8s);
        EXPECT_EQ(history.fabric(1).standing()->formed->view.members.size(), 1u);
        if (!kept) {
            history.kill(1);
            for (size_t i = 1; i < 3; ++i) (void)history.machine(i).disk().remove_file(history.addresses_path());
            history.begin(1);
        }
        history.begin(2);
        EXPECT_EQ(history.settle_within(20s), kept);
    }
}

TEST(Fabric, ADamagedFileOfAddressesIsSaidAndPassedOver) {
    FabricHistory history(1, {.nodes = 2});
    auto& disk = history.machine(0).disk();
    const std::string path = history.addresses_path();
    ASSERT_TRUE(disk.write_file(path, "not this"));
    history.start();
    ASSERT_TRUE(history.settle_within(10s));
    history.world().run_for(1s);
    EXPECT_EQ(history.logged(0, "the addresses of the last view cannot be read"), 1u);
    auto bytes = *disk.read_file(path);
    history.kill(0);
    bytes.back() = static_cast<char>(bytes.back() + 1);
    ASSERT_TRUE(disk.write_file(path, bytes));
    history.begin(0);
    EXPECT_EQ(history.logged(0, "the addresses of the last view cannot be read"), 2u);
    EXPECT_TRUE(history.settle_within(10s));
}

TEST(Fabric, SeedsMayComeAndGoWhileItRuns) {
    FabricHistory history(1, {.nodes = 2});
    for (size_t i = 0; i < 2; ++i) history.settings(i).seeds.clear();
    history.start();
    history.world().run_for(8s);
    EXPECT_EQ(history.fabric(0).standing()->formed->view.members.size(), 1u);
    history.fabric(0).set_seeds({{"10.0.0.2", 3002}});
    EXPECT_TRUE(history.settle_within(15s));
    const auto before = history.fabric(0).standing()->generation;
    history.fabric(0).set_seeds({});
    history.world().run_for(90s);
    EXPECT_TRUE(history.settled()) << "a seed that is cleared ends no connection";
    EXPECT_EQ(history.fabric(0).standing()->generation, before);
    history.kill(1);
    history.world().run_for(10s);
    history.fabric(0).set_seeds({{"nowhere", 3002}});
    history.fabric(0).set_seeds({});
    history.world().run_for(5s);  // the answer for a name that is no seed any more
    EXPECT_EQ(history.logged(0, "seed cannot be resolved"), 0u);
}

TEST(Fabric, ADamagedStateEndsTheStart) {
    FabricHistory history(1, {.nodes = 2});
    auto& disk = history.machine(0).disk();
    history.start();
    ASSERT_TRUE(history.settle_within(10s));
    history.kill(0);
    auto bytes = *disk.read_file(history.path());
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] + 1);
    ASSERT_TRUE(disk.write_file(history.path(), bytes));
    history.begin(0);
    EXPECT_TRUE(history.start_error(0).starts_with("'/state/cluster': cluster state: damaged"))
        << history.start_error(0);
    // Whoever asked something of it meanwhile is not answered.
    history.fabric(0).recluster();
    history.fabric(0).set_quiesced(true);
    history.fabric(0).set_rack("test", 1);
    history.fabric(0).set_seeds({});
    history.fabric(0).set_timing(100ms, 20);
    bool stopped = false;
    history.fabric(0).stop([&] { stopped = true; });
    EXPECT_TRUE(stopped);
}

TEST(Fabric, ANodeThatCannotStorePromisesNothingUntilItCan) {
    FabricHistory history(1, {.nodes = 2});
    history.machine(1).sim_disk().fail_writes(5);
    history.start();
    EXPECT_FALSE(history.settle_within(4s));
    EXPECT_EQ(history.logged(1, "cluster state cannot be stored"), 1u);
    EXPECT_TRUE(history.settle_within(20s));
    EXPECT_EQ(history.violation(), std::nullopt);
}

TEST(Fabric, ANodeWhoseDiskIsSlowIsWaitedFor) {
    FabricHistory history(1, {.nodes = 3});
    history.start();
    ASSERT_TRUE(history.settle_within(10s));
    const uint64_t before = history.fabric(2).standing()->generation;
    history.machine(0).sim_disk().fail_writes(2);  // tried again each second
    history.fabric(2).recluster();
    history.world().run_for(15s);
    EXPECT_TRUE(history.settled());
    EXPECT_EQ(history.fabric(2).standing()->generation, before + 1) << "no view without it";
    EXPECT_EQ(history.violation(), std::nullopt);
}

TEST(Fabric, ANodeOfAnotherClusterIsRefusedWithOneLine) {
    FabricHistory history(1, {.nodes = 3});
    history.settings(2).cluster_name = "other";
    history.start();
    history.world().run_for(40s);
    EXPECT_EQ(history.fabric(0).standing()->formed->view.members.size(), 2u);
    EXPECT_EQ(history.fabric(2).standing()->formed->view.members.size(), 1u);
    EXPECT_EQ(history.logged(0, "a node of another cluster is refused"), 1u);
    EXPECT_EQ(history.logged(2, "refused by a node of another cluster"), 1u);
    EXPECT_GT(history.fabric(0).figures().strangers_refused.get(), 1u);
}

TEST(Fabric, OfTwoProcessesWithOneIdTheNewcomerHasToEnd) {
    for (uint64_t seed = 1; seed <= 5; ++seed) {
        FabricHistory history(seed, {.nodes = 4, .by_name = true});
        history.settings(3).node_id = 1;
        for (size_t i = 0; i < 3; ++i) history.begin(i);
        history.world().run_for(10s);
        ASSERT_EQ(history.fabric(0).standing()->formed->view.members.size(), 3u) << seed;
        const auto before = history.fabric(0).standing()->generation;
        history.begin(3);
        history.world().run_for(5s);
        EXPECT_NE(history.duplicate(3), std::nullopt) << seed;
        EXPECT_EQ(history.logged(3, "another process has this node's id and stays: this one ends"), 1u);
        EXPECT_EQ(history.duplicate(0), std::nullopt);
        EXPECT_EQ(history.fabric(0).standing()->generation, before) << "the view stays";
    }
}

/// Sends bytes to a fabric's port and reads until it closes.
class Hostile final : runtime::Socket::Handler {
public:
    Hostile(SimMachine& machine, const runtime::Endpoint& to, std::vector<uint8_t> bytes) : bytes_(std::move(bytes)) {
        machine.loop(0).connect(to, [this](Result<std::unique_ptr<runtime::Socket>> socket) {
            if (!socket) return;
            socket_ = *std::move(socket);
            socket_->read_some(into_, *this);
            on_writable();
        });
    }
    bool closed() const { return closed_; }

private:
    void on_read(size_t size) override {
        closed_ = size == 0;
        if (size > 0) socket_->read_some(into_, *this);
    }
    void on_writable() override {
        while (sent_ < bytes_.size()) {
            const ptrdiff_t taken = socket_->write(Bytes(bytes_).subspan(sent_));
            if (taken < 0) return;
            if (taken == 0) return socket_->wait_writable(*this);
            sent_ += static_cast<size_t>(taken);
        }
    }
    std::vector<uint8_t> bytes_;
    size_t sent_ = 0;
    bool closed_ = false;
    std::array<uint8_t, 512> into_{};
    std::unique_ptr<runtime::Socket> socket_;
};

TEST(Fabric, BytesThatAreNoFrameEndTheirConnectionAndNothingElse) {
    FabricHistory history(1, {.nodes = 2});
    auto& world = history.world();
    auto& attacker = world.machine("attacker", 1);
    history.start();
    ASSERT_TRUE(history.settle_within(10s));
    const auto before = history.fabric(0).standing()->generation;
    auto hello = fabric::encode(fabric::LinkMessage(fabric::Hello{.cluster_name = "sim", .self = {77, {1, 1}, 7}}));
    auto pulse = cluster::encode(cluster::Pulse{.from = {2, {1, 1}, 7}}, "sim");
    auto in_anothers_name = hello;
    in_anothers_name.insert(in_anothers_name.end(), pulse.begin(), pulse.end());
    auto without_greeting = pulse;
    auto too_large = hello;
    store_le<uint32_t>(too_large.data() + 8, 1 << 30);
    auto twice = hello;
    twice.insert(twice.end(), hello.begin(), hello.end());
    size_t refused = 0;
    for (const auto& bytes : {std::vector<uint8_t>(100, 'x'), in_anothers_name, without_greeting, too_large, twice}) {
        Hostile hostile(attacker, {"10.0.0.1", 3002}, bytes);
        EXPECT_TRUE(world.run_until([&] { return hostile.closed(); }, 3s)) << refused;
        EXPECT_EQ(history.fabric(0).figures().frames_refused.get(), ++refused);
    }
    Hostile silent(attacker, {"10.0.0.1", 3002}, {});
    EXPECT_TRUE(world.run_until([&] { return silent.closed(); }, 3s)) << "who does not greet is not waited for";
    world.run_for(10s);
    EXPECT_TRUE(history.settled());
    EXPECT_EQ(history.fabric(0).standing()->generation, before);
}

TEST(Fabric, IsTheSameWhenItIsPlayedAgain) {
    FabricHistory one(3, {});
    FabricHistory again(3, {});
    one.run();
    again.run();
    EXPECT_EQ(one.world().trace_hash(), again.world().trace_hash());
    EXPECT_GT(one.kills(), 0u);
}

/// A fault planted in the driver.
struct Planted {
    const char* name;
    bool FabricMutants::* fault;
};
void PrintTo(const Planted& planted, std::ostream* out) { *out << planted.name; }

class EachFault : public testing::TestWithParam<Planted> {};

TEST_P(EachFault, IsFound) {
    FabricMutants mutants;
    mutants.*GetParam().fault = true;
    for (uint64_t seed = 1; seed <= 100; ++seed) {
        FabricHistory history(seed, {.mutants = mutants});
        if (const auto found = history.run()) {
            std::printf("found by seed %lu: %s\n", static_cast<unsigned long>(seed), found->c_str());
            return;
        }
    }
    FAIL() << "100 seeds did not find it";
}

INSTANTIATE_TEST_SUITE_P(Mutants, EachFault, testing::Values(Planted{"stored_at_once", &FabricMutants::stored_at_once}),
                         [](const auto& info) { return std::string(info.param.name); });

// Each of these is found by the test of what it breaks.
TEST(FabricMutants, ASilentConnectionThatIsKeptKeepsNodesApart) {
    FabricHistory history(2, {.nodes = 2, .mutants = {.keeps_silent_links = true}});
    history.start();
    ASSERT_TRUE(history.settle_within(10s));
    history.world().network().block(history.machine(0), history.machine(1));
    history.world().run_for(10s);
    EXPECT_EQ(history.fabric(0).figures().connections_closed.get(), 0u);
}

TEST(FabricMutants, AnAttemptWithoutAnswerIsNoEnd) {
    for (const bool planted : {false, true}) {
        FabricHistory history(2, {.nodes = 2, .mutants = {.any_failure_ends = planted}});
        auto& network = history.world().network();
        history.start();
        ASSERT_TRUE(history.settle_within(10s));
        const uint64_t before = history.fabric(0).figures().dials.get();
        network.cut(history.machine(0), history.machine(1));
        ASSERT_TRUE(history.world().run_until([&] { return history.fabric(0).figures().dials.get() > before; }, 1s));
        network.block(history.machine(0), history.machine(1));
        network.block(history.machine(1), history.machine(0));
        history.world().run_for(1200ms);  // the attempts have timed out, the detector has not
        EXPECT_EQ(history.fabric(0).figures().processes_ended.get() > 0, planted);
    }
}

}  // namespace
}  // namespace cairn::sim
