#include "tests/unit/replication/rig.h"

namespace cairn::replication {
namespace {

class Writes : public Rig {};

TEST_F(Writes, AreAnsweredWhenAllCopiesInSyncHaveThem) {
    form(plan(5, {1, 2, 3}, {1, 2, 3}));
    deliver();
    put(1, 1, digest(7), version(70));
    EXPECT_TRUE(answers[1].empty());
    deliver([](const Letter& letter) { return letter.to == 3; });
    EXPECT_TRUE(answers[1].empty()) << "one of two is not enough";
    tick_for(500ms);
    EXPECT_EQ(answer_to(1), Outcome::ok);
    for (const NodeId id : members) EXPECT_EQ(content(id, digest(7)), 70);
}

TEST_F(Writes, TellHowLongTheyWereAway) {
    form(plan(5, {1, 2}, {1, 2}));
    deliver();
    const Instant sent = now;
    put(1, 1, digest(7), version(70));
    const auto effects =
        machine(1).step(Machine::Arrived{2, view(5), ReplicaAck{{cluster::regime_of(view(5)), 1}}, 3ms}, now + 10ms);
    const auto answer = std::ranges::find_if(
        effects, [](const auto& effect) { return std::holds_alternative<Machine::Answer>(effect); });
    ASSERT_NE(answer, effects.end());
    EXPECT_EQ(std::get<Machine::Answer>(*answer).since, sent);
    EXPECT_EQ(std::get<Machine::Answer>(*answer).held, 3ms) << "as the other copy says";
}

TEST_F(Writes, OfCommitLevelMasterAreAnsweredAtOnceAndSentAllTheSame) {
    form(plan(5, {1, 2}, {1, 2}));
    deliver();
    put(1, 1, digest(7), version(70), /*commit_all=*/false);
    EXPECT_EQ(answer_to(1), Outcome::ok);
    deliver();
    EXPECT_EQ(content(2, digest(7)), 70);
}

TEST_F(Writes, AreRefusedByWhoIsNotMasterOfAnActiveView) {
    const auto of = plan(5, {1, 2}, {1, 2});
    for (const NodeId id : members) accept(id, of);
    put(1, 1, digest(7), version(70));
    EXPECT_EQ(answer_to(1), Outcome::not_master) << "accepted, not active";
    for (const NodeId id : members) activate(id, of);
    put(2, 2, digest(7), version(70));
    EXPECT_EQ(answer_to(2), Outcome::not_master);
    EXPECT_EQ(content(1, digest(7)) + content(2, digest(7)), 0);
}

TEST_F(Writes, OfAnOlderViewAreRefusedAndItsMasterServesNoMore) {
    form(plan(5, {1, 2}, {1, 2}));
    deliver();
    const auto later = plan(6, {2}, {2, 3});
    for (const NodeId id : {NodeId{2}, NodeId{3}}) accept(id, later);
    put(1, 1, digest(7), version(70));
    deliver();
    EXPECT_EQ(content(2, digest(7)), 0);
    EXPECT_EQ(machine(2).counters().refused_stale, 1u);
    EXPECT_NE(machine(1).role(), Role::master);
    put(1, 2, digest(8), version(80));
    EXPECT_EQ(answer_to(2), Outcome::not_master);
    EXPECT_TRUE(answers[1].empty()) << "the first is in doubt, and its client waits for the view or its deadline";
}

TEST_F(Writes, AreSentAgainLessAndLessOften) {
    form(plan(5, {1, 2}, {1, 2}));
    deliver();
    put(1, 1, digest(7), version(70));
    letters.clear();
    std::vector<Instant> sent;
    const Instant begin = now;
    tick_for(8s, [&](const Letter& letter) {
        if (is<Replica>(letter)) sent.push_back(now - begin);
        return true;
    });
    EXPECT_EQ(sent, (std::vector<Instant>{250ms, 750ms, 1750ms, 3750ms, 5750ms, 7750ms}));
}

TEST_F(Writes, ThatAreSentAgainAreNoMoreThanTheBurst) {
    settings.resend_burst_max = 2;
    form(plan(5, {1, 2}, {1, 2}));
    deliver();
    for (uint8_t key = 1; key <= 9; ++key) put(1, key, digest(key), version(key));
    letters.clear();
    now += 300ms;
    give(1, Machine::Tick{});
    EXPECT_EQ(std::ranges::count_if(letters, is<Replica>), 2);
}

TEST_F(Writes, ArrivingTwiceAreDoneOnce) {
    form(plan(5, {1, 2}, {1, 2}));
    deliver();
    put(1, 1, digest(7), version(70));
    const auto first = letters;
    deliver();
    put(1, 2, digest(7), version(71));
    deliver();
    letters = first;
    deliver();
    EXPECT_EQ(content(2, digest(7)), 71) << "the older version stays away";
    EXPECT_EQ(answer_to(1), Outcome::ok);
}

TEST_F(Writes, AreInDoubtWhenTheClientsTimeIsOver) {
    form(plan(5, {1, 2}, {1, 2}));
    deliver();
    put(1, 1, digest(7), version(70));
    tick_for(1100ms, [](const Letter& letter) { return is<Replica>(letter); });
    EXPECT_EQ(answer_to(1), Outcome::in_doubt);
    tick_for(3s);
    EXPECT_EQ(answers[1].size(), 1u) << "and not answered again";
    EXPECT_EQ(content(2, digest(7)), 70);
}

TEST_F(Writes, AreRefusedWhenTooManyAreOpen) {
    settings.open_max = 2;
    form(plan(5, {1, 2}, {1, 2}));
    deliver();
    for (uint8_t key = 1; key <= 3; ++key) put(1, key, digest(key), version(key));
    EXPECT_EQ(answer_to(3), Outcome::overload);
    EXPECT_EQ(content(1, digest(3)), 0) << "a definite refusal leaves nothing";
}

TEST_F(Writes, WaitAcrossAViewInWhichTheMasterStays) {
    form(plan(5, {1, 2}, {1, 2}));
    deliver();
    put(1, 1, digest(7), version(70));
    letters.clear();
    form(plan(6, {1}, {1, 3}));
    EXPECT_EQ(answer_to(1), Outcome::ok) << "only the master is left of those in sync";
    EXPECT_EQ(machine(1).mark().regime, cluster::regime_of(view(6)));
}

TEST_F(Writes, AreInDoubtWhenTheMasterChanges) {
    form(plan(5, {1, 2}, {1, 2}));
    deliver();
    put(1, 1, digest(7), version(70));
    letters.clear();
    form(plan(6, {2, 1}, {2, 1}));
    EXPECT_EQ(answer_to(1), Outcome::in_doubt);
}

TEST_F(Writes, ThatANewMasterHasAreRepeatedToAllCopies) {
    form(plan(5, {1, 2, 3}, {1, 2, 3}));
    deliver();
    put(1, 1, digest(7), version(70));
    deliver([](const Letter& letter) { return letter.to == 3; });
    members = {2, 3};
    form(plan(6, {2, 3}, {2, 3}));
    deliver();
    EXPECT_EQ(content(3, digest(7)), 70);
    EXPECT_EQ(node(2).store.records(), node(3).store.records());
    EXPECT_EQ(machine(2).unsettled(), 0u);
}

TEST_F(Writes, ThatOnlyACopyHasAreTakenBack) {
    form(plan(5, {1, 2, 3}, {1, 2, 3}));
    deliver();
    put(1, 1, digest(7), version(70));
    put(1, 2, digest(8), version(80));
    deliver();
    put(1, 3, digest(7), version(71));
    put(1, 4, digest(9), version(90));
    deliver([](const Letter& letter) { return letter.to == 2; });
    ASSERT_EQ(content(3, digest(7)), 71);
    members = {2, 3};
    form(plan(6, {2, 3}, {2, 3}));
    deliver();
    EXPECT_EQ(content(3, digest(7)), 70);
    EXPECT_EQ(content(3, digest(9)), 0);
    EXPECT_EQ(node(2).store.records(), node(3).store.records());
}

TEST_F(Writes, ThatDeleteAreRememberedUntilTheyAreSettled) {
    form(plan(5, {1, 2}, {1, 2}));
    deliver();
    put(1, 1, digest(7), version(70));
    const auto first = letters;
    deliver();
    remove(1, 2, digest(7));
    deliver();
    tick_for(400ms);
    EXPECT_TRUE(node(1).store.records().empty());
    EXPECT_TRUE(node(2).store.records().empty());
    letters = first;
    deliver();
    EXPECT_TRUE(node(2).store.records().empty()) << "a late message brings nothing back";
}

TEST_F(Writes, CarryOnlyAMarkThatEveryCopyHasReached) {
    form(plan(5, {1, 2, 3}, {1, 2, 3}));
    deliver();
    put(1, 1, digest(7), version(70));
    deliver([](const Letter& letter) { return letter.to == 3; });
    put(1, 2, digest(8), version(80));
    deliver([](const Letter& letter) { return letter.to == 3; });
    EXPECT_LT(machine(2).mark(), (Stamp{cluster::regime_of(view(5)), 1}));
    tick_for(1s);
    EXPECT_EQ(machine(2).mark(), (Stamp{cluster::regime_of(view(5)), 2}));
}

// Clients are answered in time, whatever the partition waits for.

TEST_F(Writes, AreInDoubtInTimeWhenTheMasterWasToldOfANewerView) {
    form(plan(5, {1, 2}, {1, 2}));
    deliver();
    put(1, 1, digest(7), version(70));
    letters.clear();
    give(1, Machine::Arrived{2, view(6), Stale{cluster::regime_of(view(5)), view(6)}});
    ASSERT_FALSE(machine(1).rests());
    tick_for(1100ms, [](const Letter&) { return true; });
    EXPECT_EQ(answer_to(1), Outcome::in_doubt);
}

TEST_F(Writes, AreInDoubtInTimeWhileACfgIsStored) {
    form(plan(5, {1, 2}, {1, 2, 3}));
    while (!letters.empty()) {
        for (const Letter& letter : std::exchange(letters, {})) {
            give(letter.to, Machine::Arrived{letter.from, letter.view, letter.message});
        }
    }
    ASSERT_FALSE(stores.empty()) << "the third is to be added";
    put(1, 1, digest(7), version(70));
    for (int i = 0; i < 30; ++i) {
        now += 50ms;
        if (!machine(1).rests()) give(1, Machine::Tick{});
        letters.clear();  // and nothing is stored
    }
    EXPECT_EQ(answer_to(1), Outcome::in_doubt);
}

TEST_F(Writes, AreInDoubtOnceInTimeWhileAViewIsMade) {
    form(plan(5, {1, 2}, {1, 2}));
    deliver();
    put(1, 1, digest(7), version(70));
    letters.clear();
    const auto next = plan(6, {1, 2}, {1, 2});
    for (const NodeId id : {1, 2}) accept(id, next);
    ASSERT_FALSE(machine(1).rests());
    tick_for(1100ms, [](const Letter&) { return true; });
    EXPECT_EQ(answer_to(1), Outcome::in_doubt);
    for (const NodeId id : {1, 2}) activate(id, next);
    deliver();
    tick_for(500ms);
    EXPECT_EQ(answers[1].size(), 1u);
    EXPECT_EQ(content(2, digest(7)), 70) << "it is repeated all the same";
}

}  // namespace
}  // namespace cairn::replication
