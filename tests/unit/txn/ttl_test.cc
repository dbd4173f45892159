#include "node/txn/ttl.h"

#include "tests/unit/txn/desk.h"

namespace cairn::txn {
namespace {

constexpr uint64_t kKey = 1;

TEST(Ttl, IsCountedFromNow) {
    Desk desk;
    EXPECT_EQ(desk.put(kKey, 1, {.ttl = 100}).void_time, desk.clock.epoch_s() + 100);
}

TEST(Ttl, ZeroIsTheDefaultOfTheSetOrElseOfTheNamespace) {
    auto settings = usual();
    settings.default_ttl_s = 50;
    settings.sets.push_back({.name = "s", .default_ttl_s = 20});
    settings.sets.push_back({.name = "forever", .default_ttl_s = kTtlNever});
    Desk desk(settings);
    EXPECT_EQ(desk.put(1, 1).void_time, desk.clock.epoch_s() + 20);
    desk.set = "other";
    EXPECT_EQ(desk.put(2, 1).void_time, desk.clock.epoch_s() + 50);
    desk.set = "forever";
    EXPECT_EQ(desk.put(3, 1).void_time, 0u);
}

TEST(Ttl, NeverIsZero) {
    auto settings = usual();
    settings.default_ttl_s = 50;
    Desk desk(settings);
    EXPECT_EQ(desk.put(kKey, 1, {.ttl = kTtlNever}).void_time, 0u);
}

TEST(Ttl, KeepingLeavesTheOldOneAndTakesTheDefaultOfANewRecord) {
    auto settings = usual();
    settings.default_ttl_s = 50;
    Desk desk(settings);
    const uint32_t first = desk.put(kKey, 1, {.ttl = kTtlKeep}).void_time;
    EXPECT_EQ(first, desk.clock.epoch_s() + 50);
    desk.clock.pass(10s);
    EXPECT_EQ(desk.put(kKey, 2, {.ttl = kTtlKeep}).void_time, first);
}

TEST(Ttl, IsTenYearsAtMost) {
    Desk desk;
    EXPECT_EQ(desk.put(kKey, 1, {.ttl = kTtlMax}).result, ResultCode::ok);
    EXPECT_EQ(desk.put(kKey, 1, {.ttl = kTtlMax + 1}).result, ResultCode::parameter);
}

TEST(Ttl, NeedsSomebodyWhoRemovesRecords) {
    auto settings = usual();
    settings.nsup_period_s = 0;
    Desk desk(settings);
    EXPECT_EQ(desk.put(kKey, 1, {.ttl = 100}).result, ResultCode::forbidden);
    EXPECT_EQ(desk.put(kKey, 1, {.ttl = kTtlNever}).result, ResultCode::ok);
    EXPECT_EQ(desk.put(kKey, 1).result, ResultCode::ok);
    desk.reconfigure(settings, [](NamespaceConfig& changed) { changed.allow_ttl_without_nsup = true; });
    EXPECT_EQ(desk.put(kKey, 1, {.ttl = 100}).result, ResultCode::ok);
}

TEST(Ttl, ReductionsCanBeIgnored) {
    for (const bool apply : {true, false}) {
        auto settings = usual();
        settings.apply_ttl_reductions = apply;
        Desk desk(settings);
        const uint32_t now = desk.clock.epoch_s();
        desk.put(kKey, 1, {.ttl = 100});
        EXPECT_EQ(desk.put(kKey, 1, {.ttl = 10}).void_time, now + (apply ? 10 : 100));
        EXPECT_EQ(desk.put(kKey, 1, {.ttl = 200}).void_time, now + 200);
        EXPECT_EQ(desk.put(kKey, 1, {.ttl = kTtlNever}).void_time, 0u);
        // From never to some time is a reduction, too.
        EXPECT_EQ(desk.put(kKey, 1, {.ttl = 10}).void_time, apply ? now + 10 : 0);
        const auto& counters = desk.worker.counters[0];
        EXPECT_EQ(counters.ttl_reductions_applied.get(), apply ? 2u : 0u);
        EXPECT_EQ(counters.ttl_reductions_ignored.get(), apply ? 0u : 2u);
    }
}

TEST(Ttl, ARecordIsGoneFromItsSecondOn) {
    Desk desk;
    desk.clock.set_ms(1'000'000);
    desk.put(kKey, 1, {.ttl = 10});
    desk.clock.set_ms(1'009'999);
    EXPECT_EQ(desk.get(kKey).result, ResultCode::ok);
    desk.clock.set_ms(1'010'000);
    EXPECT_EQ(desk.get(kKey).result, ResultCode::not_found);
    EXPECT_EQ(desk.put(kKey, 1, {.exists = Exists::update_only}).result, ResultCode::not_found);
    EXPECT_EQ(desk.put(kKey, 1, {.exists = Exists::create_only}).generation, 1u);
}

TEST(Ttl, AWriteOnAnExpiredRecordSeesNoneOfItsBins) {
    Desk desk;
    desk.put(kKey, {{"old", Value::integer(1)}}, {.ttl = 10});
    desk.clock.pass(10s);
    desk.put(kKey, 1);
    EXPECT_EQ(desk.get(kKey).bins, (std::vector<client::Bin>{{"a", Value::integer(1)}}));
    EXPECT_EQ(desk.ns.partitions.memory_use().objects, 1u);
}

// Reads that keep a record alive.

class ReadTouch : public testing::Test {
protected:
    /// A read with `pct` in its header, `age` after the record got 100 seconds.
    client::Record read(int32_t pct, Duration age) {
        desk.put(kKey, 1, {.ttl = 100});
        desk.clock.pass(age);
        return read_now(pct);
    }
    client::Record read_now(int32_t pct) {
        Buffer frame;
        client::append_get(frame, desk.target(kKey));
        wire::Message message;
        EXPECT_TRUE(message.parse(frame.bytes().subspan(wire::kProtoHeaderSize)));
        wire::MessageHeader header = message.header;
        header.record_ttl = static_cast<uint32_t>(pct);
        return desk.run(header, message);
    }
    uint32_t left() { return desk.exists(kKey).void_time - desk.clock.epoch_s(); }
    Desk desk;
};

TEST_F(ReadTouch, GivesTheWholeTimeAgainWhenLessThanItsShareIsLeft) {
    read(80, 30s);
    EXPECT_EQ(left(), 100u);
}
TEST_F(ReadTouch, LeavesItWhileItsShareIsLeft) {
    read(80, 20s);
    EXPECT_EQ(left(), 80u);
}
TEST_F(ReadTouch, ShowsTheReaderTheSameGeneration) {
    EXPECT_EQ(read(80, 30s).generation, 1u);
    EXPECT_EQ(desk.get(kKey).generation, 1u);
}
TEST_F(ReadTouch, MinusOneIsNeverAndZeroTheDefault) {
    auto settings = usual();
    settings.default_read_touch_ttl_pct = 80;
    desk.ns.apply(settings);
    read(-1, 30s);
    EXPECT_EQ(left(), 70u);
    read_now(0);
    EXPECT_EQ(left(), 100u);
}
TEST_F(ReadTouch, OtherSharesAreBadWhereARecordEnds) {
    EXPECT_EQ(read(101, 1s).result, ResultCode::parameter);
    EXPECT_EQ(read_now(-2).result, ResultCode::parameter);
    desk.put(kKey, 1, {.ttl = kTtlNever});
    EXPECT_EQ(read_now(101).result, ResultCode::ok);
    desk.remove(kKey);
    EXPECT_EQ(read_now(101).result, ResultCode::not_found);
}

}  // namespace
}  // namespace cairn::txn
