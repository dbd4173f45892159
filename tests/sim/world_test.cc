#include "tests/sim/world.h"

#include <gtest/gtest.h>

#include <set>

#include "common/runtime/task_group.h"
#include "tests/sim/echo.h"

namespace cairn::sim {
namespace {

using runtime::Endpoint;
using runtime::Task;
using runtime::TaskGroup;
using State = EchoClient::State;

std::string random_text(Dice& dice, size_t size_max) {
    std::string text(dice.between(1, size_max), '\0');
    for (char& c : text) c = static_cast<char>('a' + dice.below(26));
    return text;
}

// A server machine and a client machine, each with its own number of loops; some clients echo their text at once.
struct EchoHistory {
    explicit EchoHistory(uint64_t seed) : world(seed) {
        for (uint64_t left = world.dice().between(1, 6); left > 0; --left) {
            auto& loop = clients_on.loop(world.dice().below(clients_on.loop_count()));
            clients.push_back(std::make_unique<EchoClient>(loop, Endpoint{"server", 3000},
                                                           random_text(world.dice(), 3000), [this] { ++ended; }));
        }
    }
    bool run() {
        return world.run_until([&] { return ended == clients.size(); });
    }

    World world;
    SimMachine& server_on = world.machine("server");
    SimMachine& clients_on = world.machine("clients");
    size_t ended = 0;
    EchoServer server{server_on, {"0.0.0.0", 3000}};
    std::vector<std::unique_ptr<EchoClient>> clients;
};

// Goal: the simulated network carries bytes as TCP does. Method: whatever the seed draws for delay, pieces and windows,
// each client gets its own text back, in order.
class EachSeed : public testing::TestWithParam<uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, EachSeed, testing::Range<uint64_t>(1, 201), testing::PrintToStringParamName());

TEST_P(EachSeed, EchoesEveryByteInOrder) {
    EchoHistory history(GetParam());
    ASSERT_TRUE(history.run());
    for (const auto& client : history.clients) EXPECT_EQ(client->state(), State::echoed);
}

TEST_P(EachSeed, HasTheSameHistoryWhenReplayed) {
    EchoHistory first(GetParam());
    EchoHistory again(GetParam());
    first.run();
    again.run();
    EXPECT_EQ(first.world.trace_hash(), again.world.trace_hash());
    EXPECT_EQ(first.world.now(), again.world.now());
}

TEST(World, HasAnotherHistoryForEachSeed) {
    std::set<uint64_t> histories;
    for (uint64_t seed = 1; seed <= 50; ++seed) {
        EchoHistory history(seed);
        history.run();
        histories.insert(history.world.trace_hash());
    }
    EXPECT_EQ(histories.size(), 50);
}

TEST_P(EachSeed, TellsBothEndsOfACutConnection) {
    EchoHistory history(GetParam());
    auto& client = *history.clients[0];
    history.world.run_until([&] { return client.state() != State::connecting; });
    if (client.socket() == nullptr) return;  // done within one turn: nothing left to cut
    history.world.network().cut(*client.socket());

    ASSERT_TRUE(history.run());
    EXPECT_EQ(client.state(), State::broken);
    for (size_t i = 1; i < history.clients.size(); ++i) EXPECT_EQ(history.clients[i]->state(), State::echoed);
    history.world.run_for(1s);
    for (size_t i = 0; i < history.server_on.loop_count(); ++i) EXPECT_EQ(history.server.open(i), 0);
}

TEST_P(EachSeed, TellsNobodyOfAStalledConnection) {
    EchoHistory history(GetParam());
    auto& client = *history.clients[0];
    history.world.run_until([&] { return client.state() != State::connecting; });
    if (client.socket() == nullptr) return;
    history.world.network().stall(*client.socket());

    EXPECT_FALSE(history.run());  // not within a minute
    EXPECT_EQ(client.state(), State::open);
}

TEST_P(EachSeed, BreaksThePeersOfACrashedMachine) {
    EchoHistory history(GetParam());
    history.world.run_for(history.world.dice().up_to(2ms));
    history.server_on.crash();

    ASSERT_TRUE(history.run());
    for (const auto& client : history.clients) EXPECT_NE(client->state(), State::wrong);
    EchoClient late(history.clients_on.loop(0), {"server", 3000}, "late", [&] { ++history.ended; });
    history.world.run_for(10s);
    EXPECT_EQ(late.error(), "cannot connect to server:3000: Connection refused");
}

TEST_P(EachSeed, DeliversBlockedBytesOnceUnblocked) {
    EchoHistory history(GetParam());
    auto& network = history.world.network();
    history.world.run_for(history.world.dice().up_to(2ms));
    network.block(history.server_on, history.clients_on);
    history.world.run_for(5s);
    network.unblock(history.server_on, history.clients_on);

    ASSERT_TRUE(history.run());
    for (const auto& client : history.clients) EXPECT_EQ(client->state(), State::echoed);
}

TEST(World, AnAttemptToConnectEndsAtItsLimit) {
    World world(1);
    auto& a = world.machine("a", 1);
    auto& b = world.machine("b", 1);
    world.network().block(a, b);
    std::string detail;
    a.loop(0).connect({"b", 3000}, [&](auto socket) { detail = socket.error().detail; }, 500ms);
    EXPECT_FALSE(world.run_until([&] { return !detail.empty(); }, 499ms));
    EXPECT_TRUE(world.run_until([&] { return !detail.empty(); }, 5ms));
    EXPECT_EQ(detail, "cannot connect to b:3000: Connection timed out");
    world.network().unblock(a, b);
    world.run_for(10s);  // the end of the attempt is told once
}

TEST(World, ResolvesANameToAllItsAddresses) {
    World world(1);
    auto& loop = world.machine("a", 1).loop(0);
    std::vector<std::string> found;
    const auto ask = [&] {
        found = {"asking"};
        loop.resolve("nodes", [&](auto addresses) { found = addresses.value_or(std::vector<std::string>{}); });
        world.run_for(1s);
    };
    ask();
    EXPECT_EQ(found, std::vector<std::string>{});
    world.network().set_name("nodes", {"10.0.0.1", "10.0.0.2"});
    ask();
    EXPECT_EQ(found, (std::vector<std::string>{"10.0.0.1", "10.0.0.2"}));
}

TEST(World, AFileOnItsWayIsWrittenWholeOrNotAtAll) {
    size_t written = 0;
    for (uint64_t seed = 1; seed <= 100; ++seed) {
        World world(seed);
        auto& machine = world.machine("m", 1);
        ASSERT_TRUE(machine.disk().write_file("/f", "old"));
        bool told = false;
        machine.disk().write_file_later(machine.loop(0), "/f", "new", [&](Result<void>) { told = true; });
        world.run_for(world.dice().up_to(100us));
        machine.crash();
        world.run_for(1s);
        const auto content = machine.disk().read_file("/f");
        EXPECT_TRUE(content == "new" || (content == "old" && !told)) << seed;
        written += content == "new";
    }
    EXPECT_GT(written, 20u);
    EXPECT_LT(written, 98u);
}

TEST(World, LetsAHalfClosedEndReadOn) {
    for (uint64_t seed = 1; seed <= 50; ++seed) {
        World world(seed);
        auto& machine = world.machine("m", 1);
        std::unique_ptr<runtime::Socket> accepted;
        std::unique_ptr<runtime::Socket> dialed;
        const auto listener =
            machine.listen({"127.0.0.1", 7}, [&](size_t, auto socket) { accepted = std::move(socket); });
        machine.loop(0).connect({"localhost", 7}, [&](auto socket) { dialed = std::move(*socket); });
        ASSERT_TRUE(world.run_until([&] { return accepted && dialed; }));

        struct Reader final : runtime::Socket::Handler {
            void on_read(size_t size) override { read = static_cast<int>(size); }
            void on_writable() override {}
            int read = -1;
        } at_accepted, at_dialed;
        std::array<uint8_t, 8> into_accepted, into_dialed;
        accepted->read_some(into_accepted, at_accepted);
        dialed->read_some(into_dialed, at_dialed);
        world.network().half_close(*dialed);
        ASSERT_TRUE(world.run_until([&] { return at_accepted.read == 0; }));
        EXPECT_EQ(accepted->write(as_bytes("x")), 1);
        EXPECT_TRUE(world.run_until([&] { return at_dialed.read == 1; }));
    }
}

TEST(World, GivesEachMachineItsOwnClocks) {
    World world(1);
    auto& a = world.machine("a");
    auto& b = world.machine("b");
    EXPECT_NE(a.loop(0).clock().now(), b.loop(0).clock().now());
    EXPECT_NE(a.loop(0).clock().epoch_ms(), b.loop(0).clock().epoch_ms());

    const auto before = a.loop(0).clock().epoch_ms();
    a.step_calendar(-5s);
    a.loop(0).clock().refresh();
    EXPECT_EQ(a.loop(0).clock().epoch_ms(), before - 5000);
}

TEST(World, KeepsFilesThroughACrash) {
    World world(1);
    auto& machine = world.machine("m");
    ASSERT_TRUE(machine.disk().write_file("/a", "old"));
    machine.crash();
    machine.restart();
    machine.sim_disk().fail_writes(1);
    EXPECT_FALSE(machine.disk().write_file("/a", "new"));
    EXPECT_EQ(machine.disk().read_file("/a"), "old");
}

// A day of sleep costs nothing, and stop() ends it at once.
Task<void> sleep_days(TaskGroup& group, int& days) {
    while (co_await group.sleep(std::chrono::hours(24))) ++days;
}

TEST(World, PassesDaysInNoTime) {
    World world(7);
    TaskGroup group(world.machine("m", 1).loop(0));
    int days = 0;
    group.spawn(sleep_days(group, days));
    world.run_for(std::chrono::hours(24 * 10 + 1));
    EXPECT_EQ(days, 10);

    bool stopped = false;
    group.stop([&] { stopped = true; });
    EXPECT_TRUE(world.run_until([&] { return stopped; }, 1s));
    EXPECT_EQ(days, 10);
}

TEST(World, EndsTheCoroutinesOfACrashedMachine) {
    World world(7);
    auto& machine = world.machine("m", 1);
    int days = 0;
    auto group = std::make_unique<TaskGroup>(machine.loop(0));
    group->spawn(sleep_days(*group, days));
    world.run_for(std::chrono::hours(25));
    machine.crash();
    group.reset();
    world.run_for(std::chrono::hours(100));
    EXPECT_EQ(days, 1);
}

// The house's example of what a simulation finds: read, wait, write back, without looking again after the wait.
struct Counter {
    int value = 0;
    int finished = 0;
};
Task<void> add_one(TaskGroup& group, Counter& counter) {
    const int read = counter.value;
    co_await group.yield();
    counter.value = read + 1;
    ++counter.finished;
}

TEST(World, FindsALostUpdateInSomeSeeds) {
    int lost = 0;
    for (uint64_t seed = 1; seed <= 100; ++seed) {
        World world(seed);
        auto& machine = world.machine("m", 1);
        TaskGroup group(machine.loop(0));
        Counter counter;
        const auto add = [&] { group.spawn(add_one(group, counter)); };
        const auto first = machine.loop(0).make_timer();
        const auto second = machine.loop(0).make_timer();
        first->arm(10us, add);
        second->arm(500us, add);
        ASSERT_TRUE(world.run_until([&] { return counter.finished == 2; }));
        bool stopped = false;
        group.stop([&] { stopped = true; });
        ASSERT_TRUE(world.run_until([&] { return stopped; }));
        lost += counter.value != 2;
    }
    EXPECT_GT(lost, 5);
    EXPECT_LT(lost, 95);
}

TEST(World, KeepsTheOrderOfPostsBetweenTwoLoops) {
    for (uint64_t seed = 1; seed <= 50; ++seed) {
        World world(seed);
        auto& machine = world.machine("m", 2);
        std::vector<int> order;
        machine.loop(0).post([&] {
            for (int i = 0; i < 10; ++i) machine.loop(1).post([&order, i] { order.push_back(i); });
        });
        world.run_for(1s);
        EXPECT_EQ(order, (std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
    }
}

TEST(WorldDeathTest, AbortsOnUseFromAnotherLoop) {
    World world(1);
    auto& machine = world.machine("m", 2);
    machine.loop(0).post([&] { machine.loop(1).make_timer(); });
    EXPECT_DEATH(world.run_for(1s), "current");
}

TEST(WorldDeathTest, AbortsWhenAGroupIsDestroyedBeforeItsCoroutines) {
    World world(1);
    auto& loop = world.machine("m", 1).loop(0);
    int days = 0;
    EXPECT_DEATH(
        {
            TaskGroup group(loop);
            group.spawn(sleep_days(group, days));
            world.run_for(1s);
        },
        "running_ == 0");
}

TEST(WorldDeathTest, AbortsOnASecondRead) {
    EchoHistory history(3);
    auto& client = *history.clients[0];
    history.world.run_until([&] { return client.socket() != nullptr; });
    struct Reader final : runtime::Socket::Handler {
        void on_read(size_t) override {}
        void on_writable() override {}
    } reader;
    std::array<uint8_t, 8> into;
    EXPECT_DEATH(client.socket()->read_some(into, reader), "reader == nullptr");
}

}  // namespace
}  // namespace cairn::sim
