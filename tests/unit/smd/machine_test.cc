#include "node/smd/machine.h"

#include <gtest/gtest.h>

namespace cairn::smd {
namespace {

using cluster::NodeId;

const Key kIndex{Module::sindex, "test|age"};
std::shared_ptr<const std::string> text(std::string value) {
    return std::make_shared<const std::string>(std::move(value));
}
Change set(std::string value, bool only_new = false) { return {{{kIndex, text(std::move(value)), only_new}}}; }

/// Some machines, and the messages between them.
struct Nodes {
    explicit Nodes(size_t count) {
        for (NodeId id = 1; id <= count; ++id) machines.try_emplace(id, id, Map());
    }
    void view(uint32_t counter, std::vector<NodeId> members) {
        for (const NodeId id : members) step(id, Machine::ViewAccepted{{counter, members.back(), 1}, members});
    }
    void step(NodeId id, const Machine::Event& event) {
        for (auto& effect : machines.at(id).step(event, now)) {
            if (auto* const send = std::get_if<Machine::Send>(&effect)) underway.push_back({id, *send});
            if (auto* const changed = std::get_if<Machine::Changed>(&effect)) kept.push_back({id, changed->number});
            if (auto* const answer = std::get_if<Machine::Answer>(&effect)) answers[answer->ticket] = answer->outcome;
        }
    }
    /// Until nothing moves.
    void deliver(bool with_disks = true) {
        while (!underway.empty() || (with_disks && !kept.empty())) {
            if (!underway.empty()) {
                const auto [from, send] = underway.front();
                underway.erase(underway.begin());
                if (!lost.contains(send.to) && !lost.contains(from))
                    step(send.to, Machine::Arrived{from, send.message});
                continue;
            }
            const auto [id, number] = kept.front();
            kept.erase(kept.begin());
            if (!slow_disks.contains(id)) step(id, Machine::Kept{number});
        }
    }
    void pass(Duration time) {
        for (const Instant end = now + time; now < end;) {
            now += 100ms;
            for (const auto& [id, machine] : machines) step(id, Machine::Tick{});
            deliver();
        }
    }
    std::string value(NodeId id) const {
        const Entry* const entry = machines.at(id).map().find(kIndex);
        return entry && entry->value ? *entry->value : "";
    }

    std::map<NodeId, Machine> machines;
    std::vector<std::pair<NodeId, Machine::Send>> underway;
    std::vector<std::pair<NodeId, uint64_t>> kept;
    std::map<uint64_t, Outcome> answers;
    std::set<NodeId> lost;  // what they say and hear
    std::set<NodeId> slow_disks;
    Instant now{};
};

TEST(Smd, OkMeansThatAllMembersHaveIt) {
    Nodes nodes(3);
    nodes.view(1, {1, 2, 3});
    nodes.deliver();
    nodes.step(1, Machine::Wanted{7, set("x")});
    nodes.deliver(/*with_disks=*/false);
    EXPECT_FALSE(nodes.answers.contains(7)) << "not durable yet";
    EXPECT_EQ(nodes.value(2), "x");
    nodes.deliver();
    EXPECT_EQ(nodes.answers.at(7), Outcome::ok);
    for (const NodeId id : {1, 2, 3}) EXPECT_EQ(nodes.machines.at(id).map().find(kIndex)->version, (Version{1, 1, 3}));
}

TEST(Smd, WaitsForTheSlowestDisk) {
    Nodes nodes(3);
    nodes.view(1, {1, 2, 3});
    nodes.deliver();
    nodes.slow_disks = {2};
    nodes.step(1, Machine::Wanted{7, set("x")});
    nodes.pass(4s);
    EXPECT_FALSE(nodes.answers.contains(7));
    nodes.pass(2s);
    EXPECT_EQ(nodes.answers.at(7), Outcome::in_doubt) << "five seconds are enough";
}

TEST(Smd, AWordThatIsLostIsSaidAgain) {
    Nodes nodes(3);
    nodes.view(1, {1, 2, 3});
    nodes.deliver();
    nodes.lost = {3};
    nodes.step(1, Machine::Wanted{7, set("x")});
    nodes.deliver();
    EXPECT_FALSE(nodes.answers.contains(7));
    nodes.lost = {2};
    nodes.pass(400ms);
    EXPECT_EQ(nodes.value(3), "x");
    EXPECT_FALSE(nodes.answers.contains(7)) << "one has not got it";
    nodes.lost = {};
    nodes.pass(400ms);
    EXPECT_EQ(nodes.answers.at(7), Outcome::ok);
}

TEST(Smd, WhoJoinsServesWhenItHasEverything) {
    Nodes nodes(3);
    nodes.view(1, {1, 2});
    nodes.deliver();
    nodes.step(1, Machine::Wanted{7, set("x")});
    nodes.deliver();
    nodes.lost = {2};
    nodes.view(2, {1, 2, 3});
    nodes.deliver();
    EXPECT_EQ(nodes.value(3), "x") << "from the first";
    EXPECT_FALSE(nodes.machines.at(3).ready()) << "the second may know more";
    nodes.lost = {};
    nodes.pass(400ms);
    EXPECT_TRUE(nodes.machines.at(3).ready());
}

TEST(Smd, HalvesThatMeetAgainHaveTheLatestOfBoth) {
    Nodes nodes(4);
    nodes.view(1, {1, 2, 3, 4});
    nodes.deliver();
    nodes.view(2, {1, 2});
    nodes.view(3, {3, 4});
    nodes.deliver();
    nodes.step(1, Machine::Wanted{7, set("first")});
    nodes.step(4, Machine::Wanted{8, set("second")});
    nodes.deliver();
    EXPECT_EQ(nodes.answers.at(7), Outcome::ok);
    EXPECT_EQ(nodes.answers.at(8), Outcome::ok);
    nodes.view(4, {1, 2, 3, 4});
    nodes.deliver();
    for (const NodeId id : {1, 2, 3, 4}) EXPECT_EQ(nodes.value(id), "second") << id;
}

TEST(Smd, WhatAnOlderViewIsAskedForIsInDoubtInTheNext) {
    Nodes nodes(3);
    nodes.view(1, {1, 2, 3});
    nodes.deliver();
    nodes.slow_disks = {3};
    nodes.step(1, Machine::Wanted{7, set("x")});
    nodes.deliver();
    nodes.view(2, {1, 2});
    EXPECT_EQ(nodes.answers.at(7), Outcome::in_doubt);
    nodes.deliver();
    EXPECT_EQ(nodes.value(2), "x") << "and it is there";
}

TEST(Smd, ASecondDefinitionUnderOneNameIsRefused) {
    Nodes nodes(2);
    nodes.view(1, {1, 2});
    nodes.deliver();
    nodes.step(1, Machine::Wanted{1, set("x", true)});
    nodes.step(2, Machine::Wanted{2, set("y", true)});
    nodes.deliver();
    EXPECT_EQ(nodes.answers.at(1) == Outcome::ok, nodes.answers.at(2) != Outcome::ok) << "one of them";
    const std::string won = nodes.value(1);
    nodes.step(1, Machine::Wanted{3, set(won, true)});
    nodes.deliver();
    EXPECT_EQ(nodes.answers.at(3), Outcome::ok) << "the same again";
}

TEST(Smd, RemovingWhatNobodyHasLeavesNothing) {
    Nodes nodes(2);
    nodes.view(1, {1, 2});
    nodes.deliver();
    nodes.step(1, Machine::Wanted{1, {{{kIndex}}}});
    nodes.deliver();
    EXPECT_EQ(nodes.answers.at(1), Outcome::ok);
    EXPECT_TRUE(nodes.machines.at(2).map().entries().empty());
}

// A node that lost its memory of views has what was given in a later one.
TEST(Smd, AVersionIsHigherThanWhatThePrincipalHas) {
    Map map;
    map.merge(kIndex, {.version = {9, 4, 2}, .value = text("x")});
    Nodes nodes(0);
    nodes.machines.try_emplace(1, 1, std::move(map));
    nodes.view(1, {1});
    nodes.step(1, Machine::Wanted{1, set("y")});
    nodes.deliver();
    EXPECT_EQ(nodes.value(1), "y");
    EXPECT_EQ(nodes.machines.at(1).map().find(kIndex)->version, (Version{9, 5, 1}));
}

TEST(Smd, WhatIsAskedForInNoViewWaitsForOne) {
    Nodes nodes(1);
    nodes.step(1, Machine::Wanted{1, set("y")});
    nodes.pass(1s);
    EXPECT_FALSE(nodes.answers.contains(1));
    nodes.view(1, {1});
    nodes.deliver();
    EXPECT_EQ(nodes.answers.at(1), Outcome::ok);
}

TEST(Smd, MoreThanAClusterMayHaveIsRefused) {
    Nodes nodes(1);
    nodes.view(1, {1});
    nodes.step(1, Machine::Wanted{1, set(std::string(Map::kValueMax + 1, 'x'))});
    EXPECT_EQ(nodes.answers.at(1), Outcome::too_much);
    const Key long_name{Module::truncate, std::string(Map::kNameMax + 1, 'n')};
    nodes.step(1, Machine::Wanted{2, {{{long_name, text("1")}}}});
    EXPECT_EQ(nodes.answers.at(2), Outcome::too_much);
    for (uint64_t i = 0; i < 20; ++i) {
        const Key key{Module::udf, std::to_string(i)};
        nodes.step(1, Machine::Wanted{10 + i, {{{key, text(std::string(Map::kValueMax, 'x'))}}}});
        nodes.deliver();
    }
    EXPECT_EQ(nodes.answers.at(10), Outcome::ok);
    EXPECT_EQ(nodes.answers.at(29), Outcome::too_much);
}

}  // namespace
}  // namespace cairn::smd
