#include "tests/unit/replication/rig.h"

namespace cairn::replication {
namespace {

TEST(TransferSlots, ThereAreNoMoreThanTheLimit) {
    TransferSlots slots(2);
    auto first = slots.take();
    auto second = slots.take();
    ASSERT_TRUE(first && second);
    EXPECT_FALSE(slots.take());
    second.reset();
    EXPECT_EQ(slots.free(), 1);
    slots.set_max(0);
    EXPECT_TRUE(slots.paused());
    EXPECT_FALSE(slots.take());
    slots.set_max(2);
    EXPECT_TRUE(slots.take());
}

TEST(TransferSlots, RecordsPassAtTheRateThatIsSet) {
    TransferSlots slots(1);
    EXPECT_TRUE(slots.may_send()) << "there is no limit";
    slots.set_rates(/*bytes=*/0, /*records=*/100);
    int sent = 0;
    for (int tick = 0; tick < 40; ++tick) {  // two seconds
        slots.refill(50ms);
        while (slots.may_send()) {
            slots.sent(1000);
            ++sent;
        }
    }
    EXPECT_EQ(sent, 200);
}

TEST(TransferSlots, AFewLargeRecordsPassAtTheRateOfBytes) {
    TransferSlots slots(1);
    slots.set_rates(/*bytes=*/1'000'000, /*records=*/0);
    size_t bytes = 0;
    for (int tick = 0; tick < 100; ++tick) {  // five seconds
        slots.refill(50ms);
        for (; slots.may_send(); bytes += 700'000) slots.sent(700'000);
    }
    EXPECT_GE(bytes, 4'200'000u);
    EXPECT_LE(bytes, 5'600'000u) << "what one overdraws the next wait for";
}

TEST(TransferSlots, WhatNobodySentIsNotSavedUp) {
    TransferSlots slots(1);
    slots.set_rates(0, 100);
    for (int tick = 0; tick < 1000; ++tick) slots.refill(50ms);
    int sent = 0;
    for (; slots.may_send(); ++sent) slots.sent(1);
    EXPECT_LE(sent, 20) << "a fifth of a second's";
}

/// Node 1 is master and alone in sync, with 40 records; 2 is empty.
class Transfers : public Rig {
protected:
    Transfers() {
        members = {1, 2};
        settings.transfer.done = &counted;
        for (uint8_t key = 1; key <= 40; ++key) {
            Version made = version(key);
            made.stamp = {cluster::regime_of(view(3)), key};
            node(1).store.put(digest(key, key % 4), made);
        }
    }
    /// As form(), but the master of node 1 shares `slots`.
    void form_with_slots(const cluster::PartitionPlan& of) {
        node(1).machine = std::make_unique<Machine>(1, node(1).store, settings, mutants, &slots);
        form(of);
    }
    cluster::PartitionPlan one_to_fill(bool lead) {
        auto of = plan(5, {1}, {1, 2});
        of.migrations = {{1, 2, cluster::MigrationKind::full, lead}};
        return of;
    }
    size_t filled() { return node(2).store.records().size(); }
    TransferSlots slots{4};
    NamespaceTransfers counted;
};

TEST_F(Transfers, BeginWhenTheyAreGranted) {
    settings.waits_for_grant = true;
    form_with_slots(one_to_fill(false));
    deliver();
    tick_for(500ms);
    EXPECT_EQ(filled(), 0u);
    EXPECT_TRUE(machine(1).waits_for_slot());
    give(1, Machine::Tick{.granted = true});
    tick_for(400ms);
    EXPECT_EQ(filled(), 40u);
}

TEST_F(Transfers, AreCountedOnBothSides) {
    node(2).store.put(digest(4, 0), node(1).store.records().at(digest(4, 0)));
    form_with_slots(one_to_fill(false));
    deliver();
    tick_for(400ms);
    EXPECT_EQ(filled(), 40u);
    EXPECT_EQ(counted.records_sent.load(), 39u);
    EXPECT_EQ(counted.records_equal.load(), 1u);
    EXPECT_EQ(counted.records_received.load(), 39u) << "both nodes count in one place here";
    EXPECT_EQ(counted.bytes_sent.load(), 39u);
    EXPECT_EQ(counted.bytes_received.load(), 39u);
    EXPECT_EQ(counted.records_resent.load(), 0u);
}

TEST_F(Transfers, CountWhatIsSentAgain) {
    form_with_slots(one_to_fill(false));
    bool lost = false;
    tick_for(800ms, [&](const Letter& letter) { return is<FillRecord>(letter) && !std::exchange(lost, true); });
    EXPECT_EQ(filled(), 40u);
    EXPECT_EQ(counted.records_resent.load(), 1u);
}

TEST_F(Transfers, StandStillWhileTheyArePausedAndGoOnWithWhatIsLeft) {
    slots.set_rates(0, 1000);
    form_with_slots(one_to_fill(false));
    deliver();
    slots.refill(10ms);
    tick_for(50ms);
    const size_t before = filled();
    ASSERT_EQ(before, 10u);
    slots.set_max(0);
    slots.set_rates(0, 0);
    tick_for(5s);
    EXPECT_EQ(filled(), before);
    EXPECT_EQ(slots.free(), 0) << "it holds no place";
    put(1, 1, digest(7, 3), version(70));
    EXPECT_EQ(answer_to(1), Outcome::ok) << "writes do not wait for who is not being filled";
    slots.set_max(4);
    tick_for(2s);
    EXPECT_EQ(node(2).store.records(), node(1).store.records());
    EXPECT_EQ(machine(1).counters().strikes, 0u);
}

TEST_F(Transfers, AreNotBegunAnewBecauseTheRateIsLow) {
    slots.set_rates(0, 1);
    form_with_slots(one_to_fill(false));
    deliver();
    for (int i = 0; i < 100; ++i) {  // five seconds
        slots.refill(50ms);
        tick_for(50ms);
    }
    EXPECT_GE(filled(), 4u);
    EXPECT_LE(filled(), 6u);
    EXPECT_EQ(machine(1).counters().strikes, 0u);
    EXPECT_EQ(machine(1).progress().other, 2u);
    EXPECT_EQ(machine(1).progress().records, filled());
}

TEST_F(Transfers, OfCopiesWithoutDataWaitForTheDelay) {
    counted.fill_delay_ns = Duration(3s).count();
    form_with_slots(one_to_fill(/*lead=*/false));
    deliver();
    tick_for(2900ms);
    EXPECT_EQ(filled(), 0u);
    EXPECT_TRUE(machine(1).delayed());
    EXPECT_TRUE(machine(1).migrating());
    tick_for(600ms);
    EXPECT_EQ(filled(), 40u);
}

TEST_F(Transfers, OfTheSecondCopyDoNotWaitForTheDelay) {
    counted.fill_delay_ns = Duration(3600s).count();
    form_with_slots(one_to_fill(/*lead=*/true));
    deliver();
    EXPECT_EQ(machine(1).urgency(), Machine::Urgency::other) << "done already";
    EXPECT_EQ(filled(), 40u);
}

TEST_F(Transfers, OfDataThatIsThereDoNotWaitForTheDelay) {
    counted.fill_delay_ns = Duration(3600s).count();
    auto of = one_to_fill(false);
    of.migrations[0].kind = cluster::MigrationKind::delta;
    form_with_slots(of);
    deliver();
    EXPECT_EQ(filled(), 40u);
}

TEST_F(Transfers, ToTheWishedMasterAndOfTheSecondCopyAreUrgent) {
    settings.waits_for_grant = true;
    auto of = one_to_fill(true);
    form_with_slots(of);
    EXPECT_EQ(machine(1).urgency(), Machine::Urgency::lead);
    of = one_to_fill(false);
    of.merge = {3};
    form_with_slots(of);
    EXPECT_EQ(machine(1).urgency(), Machine::Urgency::merge);
}

}  // namespace
}  // namespace cairn::replication
