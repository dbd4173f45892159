#include "node/txn/sweep.h"

#include "tests/unit/txn/desk.h"

namespace cairn::txn {
namespace {

size_t sweep_all(Desk& desk) {
    size_t removed = 0;
    for (partition::WalkPosition position; !position.done;) {
        removed += sweep_leaf(desk.ns, desk.worker, 5, position, *desk.worker.reads).removed;
        desk.was_waiting();
    }
    return removed;
}

TEST(Sweep, RemovesWhatIsExpiredAndNothingElse) {
    Desk desk;
    for (uint64_t key = 0; key < 1000; ++key) desk.put(key, 1, {.ttl = key % 3 == 0 ? 10u : 1000u});
    desk.clock.pass(10s);
    EXPECT_EQ(sweep_all(desk), 334u);
    EXPECT_EQ(desk.ns.partitions.memory_use().objects, 666u);
    EXPECT_EQ(desk.worker.counters[0].expired_objects.get(), 334u);
    EXPECT_EQ(desk.worker.counters[0].truncated_objects.get(), 0u);
    EXPECT_EQ(sweep_all(desk), 0u);
}

TEST(Sweep, FreesTheMemoryOfWhatItRemoves) {
    Desk desk;
    if (desk.ns.store) GTEST_SKIP() << "of records in memory";
    for (uint64_t key = 0; key < 1000; ++key) desk.put(key, {{"a", Value::blob(std::string(1000, 'x'))}}, {.ttl = 10});
    EXPECT_GT(desk.ns.partitions.memory_use().data_used, 1'000'000u);
    desk.clock.pass(10s);
    sweep_all(desk);
    EXPECT_EQ(desk.ns.partitions.memory_use().data_used, 0u);
    EXPECT_EQ(desk.ns.sets[desk.ns.sets.find("s")].objects.load(), 0u);
    EXPECT_EQ(desk.ns.sets[desk.ns.sets.find("s")].used_bytes.load(), 0u);
}

TEST(Sweep, EvictsOnlyWhenARoundAsksAndOnlyWhatItNames) {
    Desk desk;
    for (uint64_t key = 0; key < 300; ++key) desk.put(key, 1, {.ttl = key < 100 ? 50u : 1000u});
    desk.put(300, 1, {.ttl = static_cast<uint32_t>(-1)});
    desk.clock.pass(1s);
    const uint32_t until = desk.clock.epoch_s() + 100;
    desk.ns.evictions.begin({until, until, desk.clock.epoch_ms()}, 0, 1);
    EXPECT_EQ(sweep_all(desk), 0u);
    Swept all;
    for (partition::WalkPosition position; !position.done;) {
        const Swept leaf = sweep_leaf(desk.ns, desk.worker, 5, position, *desk.worker.reads, /*evict=*/true);
        all.seen += leaf.seen;
        all.removed += leaf.removed;
    }
    EXPECT_EQ(all.seen, 301u);
    EXPECT_EQ(all.removed, 100u);
    EXPECT_EQ(desk.worker.counters[0].evicted_objects.get(), 100u);
    EXPECT_EQ(desk.worker.counters[0].expired_objects.get(), 0u);
}

TEST(Truncation, HidesWhatWasWrittenBeforeAndNotWhatComesAfter) {
    Desk desk;
    desk.put(1, 1);
    desk.clock.pass(1ms);
    desk.ns.truncate_lut.store(desk.clock.epoch_ms());
    desk.put(2, 1);  // in the same millisecond
    EXPECT_EQ(desk.get(1).result, ResultCode::not_found);
    EXPECT_EQ(desk.get(2).result, ResultCode::ok);
    EXPECT_EQ(sweep_all(desk), 1u);
    EXPECT_EQ(desk.worker.counters[0].truncated_objects.get(), 1u);
    EXPECT_EQ(desk.get(2).result, ResultCode::ok);
}

TEST(Truncation, OfASetLeavesTheOthers) {
    Desk desk;
    desk.put(1, 1);
    desk.set = "t";
    desk.put(2, 1);
    desk.clock.pass(1ms);
    desk.ns.sets[desk.ns.sets.find("t")].truncate_lut.store(desk.clock.epoch_ms());
    EXPECT_EQ(desk.get(2).result, ResultCode::not_found);
    desk.set = "s";
    EXPECT_EQ(desk.get(1).result, ResultCode::ok);
    EXPECT_EQ(sweep_all(desk), 1u);
}

TEST(Truncation, AWriteAfterwardsBeginsANewRecord) {
    Desk desk;
    desk.put(1, {{"old", Value::integer(1)}});
    desk.clock.pass(1ms);
    desk.ns.truncate_lut.store(desk.clock.epoch_ms());
    EXPECT_EQ(desk.put(1, 1).generation, 1u);
    EXPECT_EQ(desk.get(1).find("old"), nullptr);
}

}  // namespace
}  // namespace cairn::txn
