#include "node/cluster/view_change.h"

#include <gtest/gtest.h>

#include <deque>

namespace cairn::cluster {
namespace {

/// Some nodes whose messages and writes the test delivers by hand.
class ViewChangeTest : public testing::Test {
protected:
    struct Letter {
        NodeId from, to;
        Message message;
    };

    ViewChange& node(NodeId id) { return *nodes.at(id); }
    void boot(NodeId id, DurableState durable = {}) {
        durable.incarnation = {id, 0};
        auto& said = durable.report.namespaces["test"];
        said.data = {id, 0};
        said.partitions.resize(1);
        nodes[id] = std::make_unique<ViewChange>(id, ++boots, durable, ViewChangeSettings{});
        writes[id].clear();
    }
    Member member(NodeId id) { return node(id).self(); }
    std::vector<Member> members(std::initializer_list<NodeId> ids) {
        std::vector<Member> list;
        for (const NodeId id : ids) list.push_back(member(id));
        return list;
    }
    void keep(NodeId from, ViewChange::Effects effects) {
        for (auto& effect : effects) {
            if (auto* send = std::get_if<ViewChange::Send>(&effect)) letters.push_back({from, send->to, send->message});
            if (auto* promise = std::get_if<ViewChange::PersistPromise>(&effect))
                writes[from].push_back(promise->number);
            if (auto* view = std::get_if<ViewChange::PersistView>(&effect)) writes[from].push_back(view->number);
            if (auto* failed = std::get_if<ViewChange::ProposalFailed>(&effect)) failures.push_back(*failed);
            if (auto* accepted = std::get_if<ViewChange::ViewAccepted>(&effect)) {
                accepted_by.push_back(from);
                last_formed = accepted->formed;
            }
        }
    }
    template <class Kind>
    static bool is(const Letter& letter) {
        return std::holds_alternative<Kind>(letter.message);
    }
    void write(NodeId id) {
        while (!writes[id].empty()) {
            const uint64_t number = writes[id].front();
            writes[id].pop_front();
            keep(id, node(id).persisted(number, now));
        }
    }
    /// Delivers and writes until nothing is left, but for letters that `lost` is true of.
    void settle(
        const std::function<bool(const Letter&)>& lost = [](const Letter&) { return false; },
        std::set<NodeId> slow_disks = {}) {
        for (bool busy = true; busy;) {
            busy = !letters.empty();
            for (const Letter& letter : std::exchange(letters, {})) {
                if (lost(letter) || !nodes.contains(letter.to)) continue;
                keep(letter.to, node(letter.to).receive(letter.from, letter.message, now));
            }
            for (const auto& [id, machine] : nodes) {
                if (slow_disks.contains(id)) continue;
                busy = busy || !writes[id].empty();
                write(id);
            }
        }
    }
    void propose(NodeId id, std::initializer_list<NodeId> ids) { keep(id, node(id).propose(members(ids), {}, now)); }
    bool all_active(std::initializer_list<NodeId> ids) {
        return std::ranges::all_of(ids, [&](NodeId id) {
            return node(id).active() != nullptr && node(id).active()->view == node(*ids.begin()).active()->view;
        });
    }
    void tick_for(Duration time) {
        for (const Instant end = now + time; now < end;) {
            now += 100ms;
            for (const auto& [id, machine] : nodes) keep(id, machine->tick(now));
        }
    }

    std::map<NodeId, std::unique_ptr<ViewChange>> nodes;
    std::map<NodeId, std::deque<uint64_t>> writes;
    std::vector<Letter> letters;
    std::vector<ViewChange::ProposalFailed> failures;
    std::vector<NodeId> accepted_by;
    std::shared_ptr<const Formed> last_formed;
    Boot boots = 0;
    Instant now = 100s;
};

TEST_F(ViewChangeTest, MakesOneViewOfAllWhoAreAsked) {
    for (const NodeId id : {1, 2, 3}) boot(id);
    propose(3, {1, 2, 3});
    settle();
    ASSERT_TRUE(all_active({1, 2, 3}));
    EXPECT_EQ(node(1).active()->view.members.size(), 3u);
    EXPECT_FALSE(node(1).frozen());
    EXPECT_TRUE(node(1).report().namespaces.at("test").partitions[0].cfg);
}

TEST_F(ViewChangeTest, PromisesOnlyWhatIsDurable) {
    for (const NodeId id : {1, 2}) boot(id);
    propose(2, {1, 2});
    settle([](const Letter&) { return false; }, {1});
    EXPECT_TRUE(accepted_by.empty());
    settle();
    EXPECT_TRUE(all_active({1, 2}));
}

TEST_F(ViewChangeTest, ServesOnlyWhenAllHaveStoredTheView) {
    for (const NodeId id : {1, 2}) boot(id);
    propose(2, {1, 2});
    settle([](const Letter& letter) { return is<Accepted>(letter) && letter.from == 1; });
    EXPECT_NE(node(1).active(), nullptr);
    EXPECT_EQ(node(2).active(), nullptr) << "has not heard that the first has it";
    tick_for(400ms);
    settle();
    EXPECT_TRUE(all_active({1, 2})) << "and asks for it";
}

TEST_F(ViewChangeTest, AsksAgainForALostPromise) {
    for (const NodeId id : {1, 2, 3}) boot(id);
    propose(3, {1, 2, 3});
    settle([](const Letter& letter) { return is<Promise>(letter) && letter.from == 1 && letter.to == 2; });
    EXPECT_EQ(node(2).active(), nullptr);
    tick_for(400ms);
    settle();
    EXPECT_TRUE(all_active({1, 2, 3}));
}

TEST_F(ViewChangeTest, TakesAPromiseThatOvertookThePrepare) {
    for (const NodeId id : {1, 2, 3}) boot(id);
    propose(3, {1, 2, 3});
    std::vector<Letter> late;
    settle([&](const Letter& letter) {
        const bool held = is<Prepare>(letter) && letter.to == 2;
        if (held) late.push_back(letter);
        return held;
    });
    letters = late;
    settle();
    EXPECT_TRUE(all_active({1, 2, 3}));
}

TEST_F(ViewChangeTest, RefusesABallotThatIsNotHigher) {
    for (const NodeId id : {1, 2, 3}) boot(id);
    propose(3, {1, 2, 3});
    settle();
    const View late{{1, 2, member(2).boot}, members({1, 2})};
    keep(1, node(1).receive(2, Prepare{late}, now));
    ASSERT_EQ(letters.size(), 1u);
    EXPECT_EQ(std::get<Refuse>(letters[0].message).reason, Refuse::Reason::ballot);
    EXPECT_EQ(node(1).promised().proposer, 3u);
}

// Two views with a common member never have one regime.
TEST_F(ViewChangeTest, RefusesTheCounterThatAnotherProposerUsed) {
    for (const NodeId id : {1, 2, 3}) boot(id);
    propose(2, {1, 2});
    settle();
    const Ballot before = node(1).promised();
    const View rival{{before.counter, 3, member(3).boot}, members({1, 3})};
    EXPECT_GT(rival.ballot, before);
    keep(1, node(1).receive(3, Prepare{rival}, now));
    EXPECT_EQ(node(1).promised(), before);
}

TEST_F(ViewChangeTest, RefusesToBeTakenForItsEarlierProcess) {
    for (const NodeId id : {1, 2}) boot(id);
    const auto earlier = members({1, 2});
    boot(1);
    keep(2, node(2).propose(earlier, {}, now));
    settle();
    ASSERT_EQ(failures.size(), 1u);
    EXPECT_EQ(failures[0].refused, Refuse::Reason::stranger);
    EXPECT_FALSE(node(1).promised());
}

TEST_F(ViewChangeTest, DoesNotCountAPromiseMadeBeforeARestart) {
    for (const NodeId id : {1, 2, 3}) boot(id);
    propose(3, {1, 2, 3});
    settle([](const Letter& letter) { return is<Promise>(letter) && letter.from == 2; });
    boot(1);  // has forgotten all
    tick_for(400ms);
    settle();
    EXPECT_EQ(node(1).active(), nullptr);
    EXPECT_EQ(node(2).active(), nullptr) << "nobody accepts for the first any more";
}

TEST_F(ViewChangeTest, NamesThoseWhoDoNotAnswer) {
    for (const NodeId id : {1, 2, 3}) boot(id);
    propose(3, {1, 2, 3});
    settle([](const Letter& letter) { return letter.to == 1; });
    tick_for(2s);
    ASSERT_EQ(failures.size(), 1u);
    EXPECT_EQ(failures[0].silent, std::vector{member(1)});
    EXPECT_FALSE(failures[0].ballot) << "nobody has promised anything for it";
    EXPECT_FALSE(node(3).proposing());
}

TEST_F(ViewChangeTest, FreezesItsListsFromThePromiseOn) {
    for (const NodeId id : {1, 2}) boot(id);
    propose(2, {1, 2});
    settle();
    EXPECT_FALSE(node(1).frozen());
    propose(2, {1, 2});
    settle([](const Letter& letter) { return is<Promise>(letter); });
    EXPECT_TRUE(node(1).frozen());
    EXPECT_NE(node(1).active(), nullptr) << "but the old view serves on";
}

TEST_F(ViewChangeTest, GoesAboveWhatOthersHavePromised) {
    boot(1, {.incarnation = {}, .promised = {41, 9, 9}, .view = {}, .report = {}});
    boot(2);
    propose(2, {1, 2});
    settle();
    ASSERT_TRUE(all_active({1, 2}));
    EXPECT_EQ(node(2).active()->view.ballot.counter, 42u);
}

TEST_F(ViewChangeTest, DoesNotServeWhenTablesDiffer) {
    for (const NodeId id : {1, 2}) boot(id);
    propose(2, {1, 2});
    settle([](const Letter& letter) { return is<Accepted>(letter); });
    const auto formed = last_formed;
    keep(2, node(2).receive(1, Accepted{formed->view.ballot, member(1), formed->table.hash + 1}, now));
    EXPECT_EQ(node(2).active(), nullptr);
    keep(2, node(2).receive(1, Accepted{formed->view.ballot, member(1), formed->table.hash}, now));
    EXPECT_EQ(node(2).active(), nullptr) << "a view with a bug in it stays off";
}

TEST_F(ViewChangeTest, KeepsTheLineOfACopyThatIsToBeMerged) {
    // 1 was cut off and went on alone, 2 and 3 together.
    const auto own = [&](NodeId id) -> PartitionReport {
        return node(id).report().namespaces.at("test").partitions[0];
    };
    const auto went_on = [&](NodeId id, Ballot ballot, std::vector<Copy> copies) {
        DurableState durable;
        durable.promised = ballot;
        auto& said = durable.report.namespaces["test"];
        said.partitions.resize(1);
        const NodeId master = copies.front().node;
        said.partitions[0] = {
            {{ballot, 0}, std::move(copies), master, regime_of(ballot), {{{1, 1, 1}, 0}}}, true, true};
        boot(id, durable);
    };
    went_on(1, {2, 1, 1}, {{1, {1, 0}}});
    for (const NodeId id : {2, 3}) went_on(id, {3, 3, 3}, {{2, {2, 0}}, {3, {3, 0}}});
    const Cfg line = own(1).cfg;
    propose(3, {1, 2, 3});
    settle();
    ASSERT_TRUE(all_active({1, 2, 3}));
    ASSERT_EQ(node(1).active()->table.namespaces.at("test")[0].merge, std::vector<NodeId>{1});
    EXPECT_EQ(own(1).cfg, line) << "what only it has would be forgotten by the next view";
    EXPECT_EQ(own(2).cfg, node(2).active()->table.namespaces.at("test")[0].cfg);
}

TEST_F(ViewChangeTest, GivesUpWhenCountersRunOut) {
    for (const NodeId id : {1, 2}) boot(id);
    keep(2, node(2).propose(members({1, 2}), {kBallotCounterMax, 1, 1}, now));
    settle();
    ASSERT_EQ(failures.size(), 1u);
    EXPECT_EQ(node(2).active(), nullptr);
}

}  // namespace
}  // namespace cairn::cluster
