// Goal: what a node says is so, whatever the network does: acknowledged writes are there, every key has a history that
// some order explains, additions add up, scans return each record that stays exactly once, records end in time.
// Method: the production Node on a simulated machine; users of several kinds on others, at once; the seed draws loops,
// keys, sizes, pipelining, the network and its faults. One seed is one history; each is run twice and must be the same.

#include <gtest/gtest.h>

#include <algorithm>

#include "common/client/reply.h"
#include "node/record/bins.h"
#include "tests/sim/node_work.h"
#include "tests/sim/raw_user.h"
#include "tests/sim/simulated_node.h"

namespace cairn::sim {
namespace {

constexpr std::string_view kStaying = "staying";

NamespaceConfig settings_of(Dice& dice) {
    NamespaceConfig settings;
    settings.nsup_period_s = static_cast<uint32_t>(dice.between(1, 5));
    return settings;
}

/// A node, its users, and what may go wrong between them.
class NodeHistory {
public:
    explicit NodeHistory(uint64_t seed) : world(seed) {
        draw_staying();
        add<LoadWork>(1, kStaying, staying, world.dice().below(narrow() ? 20 : 100));
        ended = run_to_end();
        add_registers();
        add_scan();
        if (world.dice().once_in(3)) fleeting = add<FleetingWork>(2, world, node.clock(), 1000, 20);
        if (world.dice().once_in(3)) background = add<BackgroundWork>(1, world, kStaying, 2);
    }

    /// All users work, with faults or without; then everything is read once more by somebody undisturbed.
    void run() {
        for (uint64_t left = world.dice().once_in(3) ? 0 : world.dice().between(1, 4); left != 0; --left) {
            if (world.run_until([&] { return finished(); }, world.dice().up_to(20ms))) break;
            fault();
        }
        ended &= run_to_end();
        if (background != nullptr)
            ended &= world.run_until([&] { return (*node).state().queries.active_count() == 0; });
        add<RegisterWork>(1, world, history, RegisterWork::Plan{.keys = keys, .read_each = true});
        ended &= run_to_end();
    }
    uint64_t hash() { return history.hash() ^ world.trace_hash(); }
    size_t damaged() const {
        size_t damaged = 0;
        for (const auto* work : registers) damaged += work->damaged();
        return damaged;
    }

    World world;
    SimulatedNode node{world, settings_of(world.dice())};
    SimMachine& users_on = world.machine("users");
    History history;
    uint32_t keys = static_cast<uint32_t>(world.dice().between(1, 5));
    std::vector<Digest> staying;
    std::vector<RegisterWork*> registers;
    ScanWork* scan = nullptr;
    FleetingWork* fleeting = nullptr;
    BackgroundWork* background = nullptr;
    bool ended = false;  // everybody came to an end

private:
    /// Longer than any reply takes here: nobody gives up on a node that answers as fast as the network lets it.
    Duration patience() {
        const auto& shape = world.network().shape();
        return 1s + static_cast<int64_t>(reply_max() / shape.window_bytes) * 3 * shape.delay_max;
    }
    size_t reply_max() { return narrow() ? 10'000 : 200'000; }
    bool narrow() { return world.network().shape().window_bytes < 1000; }

    template <class Work, class... Arguments>
    Work* add(size_t depth, Arguments&&... arguments) {
        auto work = std::make_unique<Work>(std::forward<Arguments>(arguments)...);
        Work* const added = work.get();
        auto& loop = users_on.loop(world.dice().below(users_on.loop_count()));
        sessions_.push_back(std::make_unique<NodeSession>(
            world, loop, NodeSession::Plan{node.endpoint(), depth, patience()}, std::move(work)));
        return added;
    }
    bool finished() const {
        return std::ranges::all_of(sessions_, [](const auto& session) { return session->finished(); });
    }
    bool run_to_end() {
        return world.run_until([&] { return finished(); }, 600s);
    }
    void draw_staying() {
        auto& dice = world.dice();
        for (uint64_t left = dice.between(1, 4); left > 0; --left) {
            partitions_.push_back(static_cast<PartitionId>(dice.below(kPartitionCount)));
        }
        std::ranges::sort(partitions_);
        partitions_.erase(std::ranges::unique(partitions_).begin(), partitions_.end());
        const auto draw = [&](std::vector<Digest>& into, size_t count, uint64_t first) {
            for (size_t i = 0; i < count; ++i)
                into.push_back(digest_in(partitions_[i % partitions_.size()], first + i));
        };
        // Now and then more than one leaf of the index holds.
        draw(staying, !narrow() && dice.once_in(20) ? 900 : dice.between(1, narrow() ? 20 : 60), 10'000);
        draw(coming_and_going_, dice.between(1, 60), 20'000);
    }
    void add_registers() {
        auto& dice = world.dice();
        RegisterWork::Plan plan{.keys = keys};
        plan.fill_max = !narrow() && dice.once_in(10) ? 20'000 : 100;
        for (uint64_t left = dice.between(1, 4); left > 0; --left) {
            plan.operations = dice.between(3, 15);
            registers.push_back(add<RegisterWork>(dice.between(1, 4), world, history, plan));
        }
    }
    void add_scan() {
        auto& dice = world.dice();
        scan = add<ScanWork>(1, world,
                             ScanWork::Plan{.set = kStaying,
                                            .partitions = partitions_,
                                            .page_records = dice.between(1, 2 * staying.size()),
                                            .rounds = 2});
        ChurnWork::Plan churn{.set = kStaying, .staying = staying, .coming_and_going = coming_and_going_};
        churn.operations = dice.between(10, 80);
        add<ChurnWork>(dice.between(1, 8), world, churn);
    }
    void fault() {
        auto& dice = world.dice();
        auto& network = world.network();
        auto& server_on = node.machine();
        if (runtime::Socket* socket = sessions_[dice.below(sessions_.size())]->socket(); socket != nullptr) {
            switch (dice.below(4)) {
                case 0: network.stall(*socket); return;
                case 1: network.half_close(*socket); return;
                default: network.cut(*socket); return;
            }
        }
        switch (dice.below(3)) {
            case 0: network.cut(server_on, users_on); return;
            case 1: network.block(server_on, users_on); break;
            default: network.block(users_on, server_on); break;
        }
        world.run_for(dice.up_to(50ms));
        network.unblock(server_on, users_on);
        network.unblock(users_on, server_on);
    }

    std::vector<PartitionId> partitions_;
    std::vector<Digest> coming_and_going_;
    std::vector<std::unique_ptr<NodeSession>> sessions_;
};

class EachSeed : public testing::TestWithParam<uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, EachSeed, testing::Range<uint64_t>(1, 1001), testing::PrintToStringParamName());

void expect_additions_add_up(const NodeHistory& run) {
    const auto sum = run.history.added(0);
    // The undisturbed reader asks for the highest key first.
    const Operation& last = run.history.operations().back();
    ASSERT_EQ(last.key, 0u);
    EXPECT_GE(last.read, sum.acknowledged);
    EXPECT_LE(last.read, sum.acknowledged + sum.in_doubt);
}

void expect_scans_are_whole(const NodeHistory& run) {
    EXPECT_EQ(run.scan->wrong_pages(), 0);
    for (const auto& round : run.scan->rounds()) {
        for (const Digest& digest : run.staying) {
            const auto found = round.find(digest.bytes);
            EXPECT_EQ(found == round.end() ? 0 : found->second, 1) << to_hex(digest.bytes);
        }
        for (const auto& [digest, times] : round) EXPECT_EQ(times, 1) << to_hex(digest);
    }
}

TEST_P(EachSeed, IsExplainedByAnOrderAndTheSameAgain) {
    uint64_t hash = 0;
    {
        NodeHistory run(GetParam());
        run.run();
        ASSERT_TRUE(run.ended);
        EXPECT_EQ(run.history.violation(), std::nullopt);
        EXPECT_EQ(run.damaged(), 0);
        expect_additions_add_up(run);
        expect_scans_are_whole(run);
        if (run.fleeting != nullptr) EXPECT_EQ(run.fleeting->wrong(), 0);
        hash = run.hash();
    }
    NodeHistory again(GetParam());
    again.run();
    EXPECT_EQ(again.hash(), hash);
}

/// Two users each add 1 to one key, once or twice.
struct Adders {
    Adders(uint64_t seed, RegisterWork::Plan::Adding adding) : world(seed) {
        for (size_t i = 0; i < 2; ++i) {
            RegisterWork::Plan plan{
                .keys = 1, .operations = world.dice().between(1, 2), .adding = adding, .only_add = true};
            sessions.push_back(std::make_unique<NodeSession>(world, users_on.loop(i % users_on.loop_count()),
                                                             NodeSession::Plan{node.endpoint(), 1, 60s},
                                                             std::make_unique<RegisterWork>(world, history, plan)));
        }
        const bool ended = world.run_until(
            [&] { return std::ranges::all_of(sessions, [](const auto& session) { return session->finished(); }); },
            600s);
        EXPECT_TRUE(ended);
    }
    World world;
    SimulatedNode node{world};
    SimMachine& users_on = world.machine("users");
    History history;
    std::vector<std::unique_ptr<NodeSession>> sessions;
};

// The planted bug: users who read, add and write back what they read, without asking whether it is still so.
TEST(Planted, ALostUpdateIsFoundInSomeSeeds) {
    size_t found = 0;
    for (uint64_t seed = 1; seed <= 100; ++seed) {
        const Adders adders(seed, RegisterWork::Plan::Adding::without_check);
        found += adders.history.violation().has_value();
    }
    EXPECT_GT(found, 20);
    EXPECT_LT(found, 100);
}

TEST(Planted, NoUpdateIsLostWhenTheGenerationIsChecked) {
    for (uint64_t seed = 1; seed <= 100; ++seed) {
        const Adders adders(seed, RegisterWork::Plan::Adding::with_generation_check);
        EXPECT_EQ(adders.history.violation(), std::nullopt) << "seed " << seed;
    }
}

/// Fifty records, written through the front door.
std::vector<Digest> load_fifty(World& world, SimulatedNode& node, SimMachine& users_on, size_t value_size = 100) {
    std::vector<Digest> records;
    for (uint64_t key = 0; key < 50; ++key) records.push_back(digest_in(7, key));
    NodeSession session(world, users_on.loop(0), {node.endpoint(), 1, 60s},
                        std::make_unique<LoadWork>(kStaying, records, value_size));
    EXPECT_TRUE(world.run_until([&] { return session.finished(); }, 600s));
    return records;
}

class EachStop : public testing::TestWithParam<uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, EachStop, testing::Range<uint64_t>(1, 201), testing::PrintToStringParamName());

// Goal: a node told to stop ends soon, whatever its users are doing, and closes every connection. Method: gets in
// flight, scans with a rate, background jobs and silent readers when the stop comes.
TEST_P(EachStop, EndsAndClosesWhateverIsInFlight) {
    World world(GetParam());
    SimulatedNode node(world);
    auto& users_on = world.machine("users", 1);
    const auto records = load_fifty(world, node, users_on);
    std::vector<std::unique_ptr<RawUser>> users;
    for (uint64_t left = world.dice().between(1, 6); left > 0; --left) {
        Buffer says;
        const uint64_t kind = world.dice().below(3);
        if (kind == 0) {
            for (const auto& digest : records) client::append_get(says, {kNamespace, kStaying, digest});
        }
        const PartitionId partition = 7;
        if (kind == 1) client::append_scan(says, {.ns = kNamespace, .partitions = {&partition, 1}});
        if (kind == 2) append_background_add(says, kStaying, world.dice().next() | 1);
        users.push_back(std::make_unique<RawUser>(users_on, node.endpoint(), world.dice().once_in(2)));
        users.back()->say(says.bytes());
    }
    world.run_for(world.dice().up_to(30ms));
    // Replies wait ten seconds for a peer that does not read.
    EXPECT_TRUE(node.stop(15s));
    EXPECT_EQ((*node).state().open_connections.load(), 0);
    EXPECT_EQ((*node).state().queries.active_count(), 0);
}

// What is being answered is answered to its end: a batch and a scan of many steps, each on its way when the stop comes.
TEST_P(EachStop, AnswersALongRequestToItsEnd) {
    World world(GetParam());
    SimulatedNode node(world);
    auto& users_on = world.machine("users", 1);
    world.network().shape() = {.delay_max = 1ms, .piece_max = 4096, .window_bytes = 16 << 10};
    const auto records = load_fifty(world, node, users_on, 10'000);
    const bool scans = world.dice().once_in(2);
    const PartitionId partition = 7;
    Buffer says;
    if (scans) client::append_scan(says, {.ns = kNamespace, .partitions = {&partition, 1}});
    else client::append_batch_get(says, kNamespace, kStaying, records);
    RawUser user(users_on, node.endpoint());
    user.say(says.bytes());
    const size_t enough = world.dice().between(1, 400'000);
    ASSERT_TRUE(world.run_until([&] { return user.heard().size() >= enough; }, 600s));
    ASSERT_TRUE(node.stop());
    ASSERT_TRUE(world.run_until([&] { return user.closed(); }, 60s));
    client::Stream stream{.kind = scans ? client::StreamKind::query : client::StreamKind::batch};
    for (const auto& frame : user.frames()) ASSERT_TRUE(client::decode_stream(frame.body, stream));
    EXPECT_TRUE(stream.done);
    EXPECT_EQ(stream.records.size(), 50u);
    EXPECT_EQ(user.rest(), 0u);
}

// A user who never reads costs what is in flight, is left after ten seconds, and nobody else waits for him.
TEST_P(EachStop, LeavesAUserWhoNeverReads) {
    World world(GetParam());
    SimulatedNode node(world);
    auto& users_on = world.machine("users", 1);
    world.network().shape().window_bytes = 3000;
    const auto records = load_fifty(world, node, users_on);
    std::vector<PartitionId> partitions{7};
    Buffer says;
    for (int i = 0; i < 10; ++i)
        client::append_scan(says, {.ns = kNamespace, .partitions = partitions, .socket_timeout_ms = 3000});
    RawUser silent(users_on, node.endpoint(), /*reads=*/false);
    silent.say(says.bytes());
    NodeSession other(
        world, users_on.loop(0), {node.endpoint(), 1, 60s},
        std::make_unique<ChurnWork>(
            world,
            ChurnWork::Plan{.set = kStaying, .staying = records, .coming_and_going = records, .operations = 20}));
    ASSERT_TRUE(world.run_until([&] { return other.finished(); }, 600s));
    world.run_for(15s);
    EXPECT_EQ((*node).state().open_connections.load(), 1);  // the other's
    EXPECT_EQ((*node).state().queries.active_count(), 0);
}

// Records end in time and their memory comes back, by the clock of the node alone.
TEST(Expiry, FreesEachRecordWithinAPeriodOfItsEnd) {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        World world(seed);
        NamespaceConfig settings;
        settings.nsup_period_s = 2;
        SimulatedNode node(world, settings);
        auto& users_on = world.machine("users", 1);
        load_fifty(world, node, users_on);
        NodeSession session(world, users_on.loop(0), {node.endpoint(), 2, 60s},
                            std::make_unique<FleetingWork>(world, node.clock(), 500, 30));
        ASSERT_TRUE(world.run_until([&] { return session.finished(); }, 600s));
        world.run_for(3s + 2s + 1s);  // the longest life, a period, and the sweep
        EXPECT_EQ(node.ns().partitions.memory_use().objects, 50) << "seed " << seed;
    }
}

TEST_P(EachStop, AJobChangesEachRecordThatStaysOnce) {
    World world(GetParam());
    SimulatedNode node(world);
    auto& users_on = world.machine("users");
    const auto records = load_fifty(world, node, users_on);
    std::vector<Digest> visitors;
    for (uint64_t key = 100; key < 130; ++key) visitors.push_back(digest_in(7, key));
    const auto add = [&](std::unique_ptr<NodeSession::Work> work) {
        return std::make_unique<NodeSession>(world, users_on.loop(0), NodeSession::Plan{node.endpoint(), 1, 60s},
                                             std::move(work));
    };
    const auto jobs = add(std::make_unique<BackgroundWork>(world, kStaying, 3));
    const auto churn = add(std::make_unique<ChurnWork>(
        world, ChurnWork::Plan{.set = kStaying, .staying = records, .coming_and_going = visitors}));
    ASSERT_TRUE(world.run_until([&] { return jobs->finished() && churn->finished(); }, 600s));
    ASSERT_TRUE(world.run_until([&] { return (*node).state().queries.active_count() == 0; }, 600s));
    for (const auto& digest : records) {
        const int64_t count = node.ns().partitions.with(7, [&](partition::Partition& partition) {
            auto walk = record::walk_bins(*partition.find(digest));
            record::Bin bin;
            while (walk.next(bin)) {
                if (bin.name == "jobs") return record::load_integer(bin.value);
            }
            return int64_t{0};
        });
        EXPECT_EQ(count, 3);
    }
}

}  // namespace
}  // namespace cairn::sim
