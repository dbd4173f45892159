#include "node/cluster/membership.h"

#include <gtest/gtest.h>

#include <functional>

#include "node/cluster/contains.h"

namespace cairn::cluster {
namespace {

/// Some nodes whose messages arrive at once, unless the test loses them, and whose disks take no time.
class MembershipTest : public testing::Test {
protected:
    void boot(NodeId id, Boot boot) {
        DurableState durable{.incarnation = {id, 0}, .promised = {}, .view = {}, .report = {}};
        durable.report.namespaces["test"].partitions.resize(1);
        nodes[id] = std::make_unique<Membership>(id, boot, durable, MembershipSettings{});
    }
    Membership& node(NodeId id) { return *nodes.at(id); }

    void give(NodeId to, const Membership::Event& event) {
        for (const auto& effect : node(to).step(event, now)) {
            if (const auto* sent = std::get_if<Membership::Send>(&effect)) post(to, sent->to, sent->message);
            if (const auto* pulse = std::get_if<Membership::Broadcast>(&effect)) {
                for (const auto& [id, machine] : nodes) {
                    if (id != to) post(to, id, pulse->pulse);
                }
            }
            if (const auto* promise = std::get_if<Membership::PersistPromise>(&effect)) {
                give(to, Membership::Persisted{promise->number});
            }
            if (const auto* view = std::get_if<Membership::PersistView>(&effect)) {
                give(to, Membership::Persisted{view->number});
            }
            lost_view = lost_view || std::holds_alternative<Membership::ViewLost>(effect);
            told_to_end = told_to_end || std::holds_alternative<Membership::DuplicateSelf>(effect);
        }
    }
    void post(NodeId from, NodeId to, const Message& message) {
        if (nodes.contains(to) && !lose(from, to, message)) letters.emplace_back(from, to, message);
        if (!nodes.contains(to)) answers.push_back(message);
    }
    void deliver() {
        while (!letters.empty()) {
            for (const auto& [from, to, message] : std::exchange(letters, {})) {
                give(to, Membership::Arrived{from, message});
            }
        }
    }
    void pass(Duration time) {
        for (const Instant end = now + time; now < end;) {
            now += 50ms;
            for (const auto& [id, machine] : nodes) give(id, Membership::Tick{});
            deliver();
        }
    }
    std::vector<NodeId> view_of(NodeId id) {
        std::vector<NodeId> ids;
        if (const auto active = node(id).active()) {
            for (const Member& member : active->view.members) ids.push_back(member.id);
        }
        return ids;
    }
    /// What the node answers to somebody who is not one of the test's.
    std::optional<Refuse::Reason> refusal(NodeId by, NodeId from, const std::vector<Member>& members) {
        answers.clear();
        give(by, Membership::Arrived{from, Gather{1, members}});
        for (const Message& answer : answers) {
            if (const auto* refuse = std::get_if<Refuse>(&answer)) return refuse->reason;
        }
        return std::nullopt;
    }
    Member member(NodeId id) { return node(id).view_change().self(); }

    std::map<NodeId, std::unique_ptr<Membership>> nodes;
    std::vector<std::tuple<NodeId, NodeId, Message>> letters;
    std::vector<Message> answers;
    std::function<bool(NodeId, NodeId, const Message&)> lose = [](NodeId, NodeId, const Message&) { return false; };
    bool lost_view = false, told_to_end = false;
    Instant now = 100s;
};
using Ids = std::vector<NodeId>;
constexpr Member kStranger{9, {9, 9}, 9};

TEST_F(MembershipTest, FormsAViewOfAllWhoHearEachOther) {
    for (const NodeId id : {1, 2, 3}) boot(id, id);
    pass(3s);
    for (const NodeId id : {1, 2, 3}) EXPECT_EQ(view_of(id), (Ids{1, 2, 3}));
}

TEST_F(MembershipTest, WaitsForItsSeedsButNotForEver) {
    boot(1, 1);
    node(1).set_seeds_pending(true);
    pass(4900ms);
    EXPECT_EQ(view_of(1), Ids{});
    pass(300ms);
    EXPECT_EQ(view_of(1), Ids{1});
}

TEST_F(MembershipTest, GivesSeedsThatAnsweredLateTheTimeToBeHeard) {
    boot(1, 1);
    node(1).set_seeds_pending(true);
    pass(2s);
    node(1).set_seeds_pending(false);
    pass(900ms);
    EXPECT_EQ(view_of(1), Ids{});
    pass(300ms);
    EXPECT_EQ(view_of(1), Ids{1});
}

TEST_F(MembershipTest, MakesAnotherViewOfTheSameMembersWhenAsked) {
    for (const NodeId id : {1, 2}) boot(id, id);
    pass(3s);
    const View before = node(1).active()->view;
    give(2, Membership::Recluster{});
    pass(1s);
    EXPECT_GT(node(1).active()->view.ballot, before.ballot);
    EXPECT_EQ(node(1).active()->view.members, before.members);
}

TEST_F(MembershipTest, TellsTheProposerThatItWantsAnotherView) {
    for (const NodeId id : {1, 2, 3}) boot(id, id);
    pass(3s);
    const View before = node(3).active()->view;
    node(1).view_change().set_rack("test", 7);
    give(1, Membership::Recluster{});
    pass(1s);
    const auto after = node(3).active();
    EXPECT_EQ(after->view.ballot.counter, before.ballot.counter + 1);
    EXPECT_EQ(after->view.ballot.proposer, 3u);
    EXPECT_EQ(after->reports.at(1)->namespaces.at("test").rack, 7u);
    pass(10s);
    EXPECT_EQ(node(3).active()->view, after->view) << "once is enough";
}

TEST_F(MembershipTest, WantsAnotherViewForWhatChangedAfterItsPromise) {
    for (const NodeId id : {1, 2}) boot(id, id);
    pass(3s);
    lose = [&](NodeId from, NodeId, const Message& message) {
        if (from == 1 && std::holds_alternative<Promise>(message)) node(1).view_change().set_rack("test", 7);
        return false;
    };
    give(1, Membership::Recluster{});
    pass(3s);
    EXPECT_EQ(node(2).active()->reports.at(1)->namespaces.at("test").rack, 7u);
}

TEST_F(MembershipTest, MakesAnotherViewWhenAskedWhileOneIsMade) {
    for (const NodeId id : {1, 2}) boot(id, id);
    pass(3s);
    bool changed = false;
    lose = [&](NodeId from, NodeId, const Message& message) {
        if (from == 1 && std::holds_alternative<Promise>(message) && !std::exchange(changed, true)) {
            node(1).view_change().set_rack("test", 7);
            give(2, Membership::Recluster{});
        }
        return false;
    };
    give(2, Membership::Recluster{});
    pass(3s);
    EXPECT_EQ(node(2).active()->reports.at(1)->namespaces.at("test").rack, 7u);
    const auto after = node(2).active()->view;
    pass(10s);
    EXPECT_EQ(node(2).active()->view, after) << "once is enough";
}

TEST_F(MembershipTest, RefusesAStrangerWhoWouldBreakUpAHealthyView) {
    for (const NodeId id : {1, 2}) boot(id, id);
    pass(3s);
    EXPECT_EQ(refusal(1, 9, {member(1), kStranger}), Refuse::Reason::healthy);
    EXPECT_EQ(refusal(1, 9, {member(1), member(2), kStranger}), std::nullopt);
}

TEST_F(MembershipTest, HoldsBackWhoWasExpelledAlive) {
    for (const NodeId id : {1, 2, 3}) boot(id, id);
    pass(3s);
    const Member flapping = member(3);
    lose = [](NodeId from, NodeId to, const Message&) { return from == 3 || to == 3; };
    pass(2s);
    ASSERT_EQ(view_of(1), (Ids{1, 2}));
    lose = [](NodeId, NodeId, const Message&) { return false; };
    EXPECT_EQ(refusal(1, 9, {member(1), member(2), flapping, kStranger}), Refuse::Reason::on_hold);
    Member restarted = flapping;
    restarted.boot = 33;
    EXPECT_EQ(refusal(1, 9, {member(1), member(2), restarted, kStranger}), std::nullopt);
    pass(6s);
    EXPECT_EQ(view_of(1), (Ids{1, 2, 3})) << "and takes it back in time";
}

TEST_F(MembershipTest, LeavesAViewThatItsMembersHaveLeft) {
    for (const NodeId id : {1, 2}) boot(id, id);
    pass(3s);
    Pulse pulse{.from = member(2), .heard = {{1, 1}}};
    pulse.promised = pulse.view = {99, 2, 2};
    pulse.members = {2, 3};
    give(1, Membership::Arrived{2, pulse});
    EXPECT_TRUE(lost_view);
    EXPECT_EQ(view_of(1), Ids{});
}

TEST_F(MembershipTest, DoesNotGoOnAloneForWhatItReadsWhenItWakes) {
    boot(1, 1);
    boot(2, 1);
    pass(3s);
    const auto both = std::vector<NodeId>{1, 2};
    ASSERT_EQ(view_of(2), both);
    std::optional<Pulse> waiting;  // in the sleeper's socket, the last before it was cut off
    lose = [&](NodeId from, NodeId, const Message& message) {
        const auto* const pulse = std::get_if<Pulse>(&message);
        if (from == 1 && pulse != nullptr && pulse->heard.empty() && pulse->members == both) waiting = *pulse;
        return true;
    };
    while (view_of(1) == both) {
        now += 50ms;
        give(1, Membership::Tick{});
    }
    ASSERT_TRUE(waiting);
    give(2, Membership::Arrived{1, *waiting});
    pass(1s);
    EXPECT_EQ(view_of(2), both) << "the other's word of this view's end is on its way";
    lose = [](NodeId, NodeId, const Message&) { return false; };
    pass(5s);
    EXPECT_TRUE(lost_view);
    EXPECT_EQ(view_of(1), both);
    EXPECT_EQ(view_of(2), both);
}

TEST_F(MembershipTest, WaitsForTheOthersAfterALostViewAlsoWhenAskedToRecluster) {
    for (const NodeId id : {1, 2}) boot(id, id);
    pass(3s);
    Pulse pulse{.from = member(1), .heard = {}};  // it does not hear this node yet
    pulse.promised = pulse.view = {99, 1, 1};
    pulse.members = {1};
    lose = [](NodeId, NodeId, const Message&) { return true; };
    give(2, Membership::Recluster{});
    give(2, Membership::Arrived{1, pulse});
    pass(500ms);
    EXPECT_TRUE(lost_view);
    EXPECT_EQ(view_of(2), Ids{});
}

TEST_F(MembershipTest, TellsTheSecondOfTwoProcessesToEnd) {
    boot(1, 1);
    for (int i = 0; i < 6; ++i) {
        give(1, Membership::Arrived{9, Pulse{.from = kStranger}});
        give(1, Membership::Arrived{9, Pulse{.from = {9, {9, 9}, 10}}});
        pass(150ms);
    }
    EXPECT_TRUE(contains(answers, Message(Duplicate{{9, 10}})));
    EXPECT_FALSE(contains(answers, Message(Duplicate{{9, 9}})));
}

TEST_F(MembershipTest, EndsWhenItIsTheOneThatIsNamed) {
    boot(1, 1);
    give(1, Membership::Arrived{2, Duplicate{{1, 2}}});
    EXPECT_FALSE(told_to_end) << "the other process of the two";
    give(1, Membership::Arrived{2, Duplicate{{1, 1}}});
    EXPECT_TRUE(told_to_end);
}

TEST_F(MembershipTest, IgnoresWhoSpeaksForAnother) {
    boot(1, 1);
    give(1, Membership::Arrived{2, Pulse{.from = kStranger}});
    give(1, Membership::Arrived{2, Leaving{{9, 9}}});
    EXPECT_TRUE(node(1).detector().peers().empty());
    EXPECT_FALSE(node(1).detector().is_dead({9, 9}));
}

}  // namespace
}  // namespace cairn::cluster
