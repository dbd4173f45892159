#include "tests/unit/replication/rig.h"

namespace cairn::replication {
namespace {

/// Node 1 is master and alone in sync, with 40 records in four buckets; 2 and 3 hold what the test gives them.
class Changes : public Rig {
protected:
    void fill_master() {
        for (uint8_t key = 1; key <= 40; ++key) {
            Version made = version(key);
            made.stamp = {cluster::regime_of(view(3)), key};
            node(1).store.put(digest(key, key % 4), made);
        }
    }
    static Digest key_of(uint8_t key) { return digest(key, key % 4); }
};

TEST_F(Changes, FillAnEmptyCopyAndAddIt) {
    fill_master();
    form(plan(5, {1}, {1, 2}));
    deliver();
    tick_for(400ms);
    EXPECT_EQ(node(2).store.records(), node(1).store.records());
    EXPECT_EQ(machine(1).cfg().insync, (std::vector{copy(1), copy(2)}));
    EXPECT_EQ(node(2).own, machine(1).cfg()) << "and it knows";
    EXPECT_EQ(machine(2).role(), Role::replica);
    EXPECT_TRUE(machine(1).done());
    EXPECT_EQ(machine(1).counters().fill_records, 40u);
}

TEST_F(Changes, SendOnlyWhatDiffers) {
    fill_master();
    for (uint8_t key = 1; key <= 40; ++key) {
        if (key == 5) continue;
        Version made = node(1).store.records().at(key_of(key));
        if (key == 9) made.content = {99};
        node(2).store.put(key_of(key), made);
    }
    Version stray = version(77);
    stray.stamp = {cluster::regime_of(view(4)), 1};
    node(2).store.put(digest(77, 1), stray);
    form(plan(5, {1}, {1, 2}));
    deliver();
    tick_for(400ms);
    EXPECT_EQ(node(2).store.records(), node(1).store.records());
    EXPECT_EQ(machine(1).counters().fill_records, 2u) << "one was missing, one was different";
    EXPECT_EQ(machine(1).counters().fill_removes, 1u);
    EXPECT_EQ(machine(1).counters().fill_buckets_equal, kBuckets - 1) << "5, 9 and 77 are in one";
}

TEST_F(Changes, GiveWritesDuringAFillToBoth) {
    fill_master();
    form(plan(5, {1}, {1, 2}));
    deliver([](const Letter& letter) { return is<FillRecord>(letter); });
    put(1, 1, key_of(7), version(70));
    EXPECT_EQ(answer_to(1), Outcome::ok) << "who is being filled is not waited for";
    remove(1, 2, key_of(8));
    tick_for(800ms);
    EXPECT_EQ(content(2, key_of(7)), 70);
    EXPECT_EQ(node(2).store.records(), node(1).store.records());
    EXPECT_TRUE(machine(1).done());
}

TEST_F(Changes, WaitForACopyThatIsAboutToBeAdded) {
    form(plan(5, {1}, {1, 2}));
    while (stores.empty() && !letters.empty()) {
        for (const Letter& letter : std::exchange(letters, {})) {
            give(letter.to, Machine::Arrived{letter.from, letter.view, letter.message});
        }
    }
    ASSERT_FALSE(stores.empty()) << "the new list is being stored";
    put(1, 1, digest(7), version(70));
    EXPECT_TRUE(answers[1].empty()) << "the next view may count on it already";
    deliver();
    EXPECT_EQ(answer_to(1), Outcome::ok);
}

TEST_F(Changes, AreNotMadeWhenANewerViewWasPromised) {
    fill_master();
    node(1).refuses_cfgs = true;
    form(plan(5, {1}, {1, 2}));
    deliver();
    tick_for(3s);
    EXPECT_EQ(machine(1).cfg().insync, std::vector{copy(1)});
    node(1).refuses_cfgs = false;
    tick_for(2s);
    EXPECT_EQ(machine(1).cfg().insync.size(), 2u);
}

TEST_F(Changes, BeginAFillAnewWhenTheCopyIsSilent) {
    fill_master();
    form(plan(5, {1}, {1, 2}));
    const auto silent = [](const Letter& letter) { return letter.to == 2; };
    deliver(silent);
    put(1, 1, key_of(7), version(70));
    tick_for(1500ms, silent);
    EXPECT_EQ(machine(1).counters().strikes, 1u);
    tick_for(2s);
    EXPECT_TRUE(machine(1).done());
    EXPECT_EQ(node(2).store.records(), node(1).store.records());
}

TEST_F(Changes, TakeNothingOfAnEarlierAttempt) {
    fill_master();
    form(plan(5, {1}, {1, 2}));
    std::vector<Letter> late;
    const auto keep = [&](const Letter& letter) {
        if (is<FillRecord>(letter)) late.push_back(letter);
        return is<FillRecord>(letter);
    };
    deliver(keep);
    tick_for(1500ms, keep);
    ASSERT_EQ(machine(1).counters().strikes, 1u);
    remove(1, 1, key_of(1));
    tick_for(400ms, keep);
    const auto old = late;
    // The second attempt has begun and compares; then what was sent in the first arrives.
    tick_for(1s, [&](const Letter& letter) { return is<Tell>(letter) && letter.to == 2; });
    letters = old;
    deliver();
    tick_for(1s);
    EXPECT_EQ(node(2).store.records(), node(1).store.records());
    EXPECT_FALSE(node(2).store.records().contains(key_of(1)));
}

TEST_F(Changes, HandThePartitionToItsWishedMaster) {
    fill_master();
    form(plan(5, {1}, {2, 1}));
    deliver();
    tick_for(400ms);
    EXPECT_EQ(machine(2).role(), Role::master);
    EXPECT_EQ(machine(1).role(), Role::replica);
    EXPECT_EQ(machine(2).regime(), cluster::regime_of(view(5), 1));
    put(1, 1, digest(50), version(50));
    EXPECT_EQ(answer_to(1), Outcome::not_master);
    put(2, 2, digest(50), version(50));
    deliver();
    EXPECT_EQ(answer_to(2), Outcome::ok);
    EXPECT_EQ(content(1, digest(50)), 50);
    tick_for(400ms);
    EXPECT_TRUE(machine(2).done());
}

TEST_F(Changes, HandOverAgainWhenTheMessageIsLost) {
    form(plan(5, {1, 2}, {2, 1}));
    size_t lost = 0;
    deliver([&](const Letter& letter) { return is<Handover>(letter) && ++lost > 0; });
    ASSERT_EQ(lost, 1u);
    EXPECT_NE(machine(1).role(), Role::master) << "nobody serves until the receiver has it";
    EXPECT_NE(machine(2).role(), Role::master);
    tick_for(400ms);
    EXPECT_EQ(machine(2).role(), Role::master);
}

TEST_F(Changes, DropACopyOnlyWithItsConsent) {
    auto of = plan(5, {1, 2, 3}, {1, 2});
    of.keep = {3};  // in sync, and no target
    form(of);
    put(1, 1, digest(7), version(70));
    deliver([](const Letter& letter) { return is<Told>(letter); });
    EXPECT_EQ(machine(1).cfg().insync.size(), 3u) << "node 3 has not said yes";
    EXPECT_EQ(node(3).own.insync.size(), 2u) << "which it stored before saying it";
    EXPECT_EQ(node(3).erased, 0u);
    tick_for(800ms);
    EXPECT_EQ(machine(1).cfg().insync.size(), 2u);
    EXPECT_EQ(node(3).erased, 1u);
    EXPECT_TRUE(node(3).store.records().empty());
    EXPECT_TRUE(machine(1).done());
}

TEST_F(Changes, KeepASourceUntilAllTargetsAreInSync) {
    fill_master();
    node(3).store = node(1).store;
    auto of = plan(5, {1}, {1, 2});
    of.keep = {3};
    form(of);
    const auto no_fill = [](const Letter& letter) { return is<FillRecord>(letter); };
    deliver(no_fill);
    tick_for(3s, no_fill);
    EXPECT_EQ(node(3).erased, 0u);
    tick_for(4s);
    EXPECT_EQ(node(3).erased, 1u);
}

TEST_F(Changes, MergeTheOtherLineBeforeAnythingElse) {
    fill_master();
    for (const uint8_t key : std::vector<uint8_t>{1, 2, 3}) {
        Version made = node(1).store.records().at(key_of(key));
        made.stamp = {cluster::regime_of(view(4)), key};
        made.generation = static_cast<uint16_t>(key == 1 ? 5 : key == 2 ? 0 : 1);
        made.last_update_ms = key == 3 ? 9 : 0;
        made.content = {static_cast<uint8_t>(100 + key)};
        node(2).store.put(key_of(key), made);
    }
    Version only = version(200);
    only.stamp = {cluster::regime_of(view(4)), 9};
    node(2).store.put(digest(60), only);
    node(2).own = {.id = {view(4), 0}, .insync = {copy(2)}, .master = 2, .regime = cluster::regime_of(view(4))};
    auto of = plan(5, {1}, {1, 2});
    of.merge = {2};
    form(of);
    deliver();
    tick_for(1s);
    EXPECT_EQ(content(1, key_of(1)), 101) << "the higher generation";
    EXPECT_EQ(content(1, key_of(2)), 2) << "the lower one is dropped";
    EXPECT_EQ(content(1, key_of(3)), 103) << "the later of equal generations";
    EXPECT_EQ(content(1, digest(60)), 200) << "nobody else had it";
    EXPECT_EQ(machine(1).counters().merge_taken, 3u);
    EXPECT_EQ(machine(1).counters().merge_lost, 3u);
    EXPECT_TRUE(machine(1).cfg().descends_from({view(4), 0})) << "the other line is known from now on";
    EXPECT_EQ(node(2).store.records(), node(1).store.records());
    EXPECT_TRUE(machine(1).done());
}

TEST_F(Changes, LeaveWhatWasWrittenSinceTheSplitEnded) {
    fill_master();
    Version made = version(101, /*generation=*/9);
    made.stamp = {cluster::regime_of(view(4)), 1};
    node(2).store.put(key_of(1), made);
    node(2).own = {.id = {view(4), 0}, .insync = {copy(2)}, .master = 2, .regime = cluster::regime_of(view(4))};
    auto of = plan(5, {1}, {1, 2});
    of.merge = {2};
    form(of);
    put(1, 1, key_of(1), version(55, 2));
    deliver();
    tick_for(1s);
    EXPECT_EQ(content(2, key_of(1)), 55) << "an acknowledged write does not lose against what came before it";
}

TEST_F(Changes, KeepADivergentCopyAsItIsUntilItIsMerged) {
    Version only = version(200);
    only.stamp = {cluster::regime_of(view(4)), 9};
    node(2).store.put(digest(60), only);
    node(2).own = {.id = {view(4), 0}, .insync = {copy(2)}, .master = 2, .regime = cluster::regime_of(view(4))};
    const Cfg line = node(2).own;
    auto of = plan(5, {1}, {1, 2});
    of.merge = {2};
    form(of);
    const auto no_merge = [](const Letter& letter) { return is<Fetched>(letter); };
    deliver(no_merge);
    tick_for(3s, no_merge);
    EXPECT_EQ(node(2).own, line) << "another view would have to know that it is not merged";
    EXPECT_EQ(content(2, digest(60)), 200);
    EXPECT_EQ(machine(1).cfg().insync.size(), 1u);
}

}  // namespace
}  // namespace cairn::replication
