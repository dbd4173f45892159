#include "node/txn/write.h"

#include <set>

#include "node/txn/update_time.h"
#include "tests/unit/partition/fake_store.h"
#include "tests/unit/txn/desk.h"

namespace cairn::txn {
namespace {

constexpr uint64_t kKey = 1;

// Policies.

struct Policy {
    const char* name;
    Exists exists;
    ResultCode when_absent;
    ResultCode when_there;
};
class EachPolicy : public testing::TestWithParam<Policy> {};
INSTANTIATE_TEST_SUITE_P(
    Policies, EachPolicy,
    testing::Values(Policy{"any", Exists::any, ResultCode::ok, ResultCode::ok},
                    Policy{"create_only", Exists::create_only, ResultCode::ok, ResultCode::record_exists},
                    Policy{"update_only", Exists::update_only, ResultCode::not_found, ResultCode::ok},
                    Policy{"replace", Exists::replace, ResultCode::ok, ResultCode::ok},
                    Policy{"replace_only", Exists::replace_only, ResultCode::not_found, ResultCode::ok}),
    [](const auto& info) { return info.param.name; });

TEST_P(EachPolicy, DecidesByWhetherTheRecordIsThere) {
    Desk desk;
    EXPECT_EQ(desk.put(kKey, 1, {.exists = GetParam().exists}).result, GetParam().when_absent);
    desk.put(kKey, 1);
    EXPECT_EQ(desk.put(kKey, 2, {.exists = GetParam().exists}).result, GetParam().when_there);
}

TEST(Write, ReplacingDropsTheOtherBins) {
    Desk desk;
    for (const Exists exists : {Exists::replace, Exists::replace_only}) {
        desk.put(kKey, {{"a", Value::integer(1)}, {"b", Value::integer(2)}});
        desk.put(kKey, {{"a", Value::integer(3)}}, {.exists = exists});
        EXPECT_EQ(desk.get(kKey).bins, (std::vector<client::Bin>{{"a", Value::integer(3)}}));
    }
}

TEST(Write, UpdatingKeepsTheOtherBins) {
    Desk desk;
    desk.put(kKey, {{"a", Value::integer(1)}, {"b", Value::integer(2)}});
    desk.put(kKey, {{"b", Value::integer(3)}});
    EXPECT_EQ(desk.get(kKey).bins, (std::vector<client::Bin>{{"a", Value::integer(1)}, {"b", Value::integer(3)}}));
}

TEST(Write, GenerationPoliciesCompareWithWhatIsThere) {
    struct Case {
        uint8_t info2;
        uint32_t sent;
        bool there;  // with generation 2
        ResultCode result;
    };
    constexpr uint8_t kEqual = wire::info2::generation, kGreater = wire::info2::generation_gt;
    const Case cases[] = {
        {kEqual, 2, true, ResultCode::ok},           {kEqual, 1, true, ResultCode::generation},
        {kEqual, 3, true, ResultCode::generation},   {kEqual, 65538, true, ResultCode::generation},
        {kEqual, 0, false, ResultCode::ok},          {kEqual, 1, false, ResultCode::generation},
        {kGreater, 3, true, ResultCode::ok},         {kGreater, 2, true, ResultCode::generation},
        {kGreater, 65538, true, ResultCode::ok},     {kGreater, 0, false, ResultCode::generation},
        {kGreater, 1, false, ResultCode::ok},        {kEqual | kGreater, 3, true, ResultCode::generation},
        {kEqual | kGreater, 2, true, ResultCode::ok}};
    for (const auto& [info2, sent, there, result] : cases) {
        Desk desk;
        if (there) desk.put(kKey, 1), desk.put(kKey, 1);
        Buffer frame;
        const client::Bin bins[] = {{"a", Value::integer(2)}};
        client::append_put(frame, desk.target(kKey), bins);
        wire::Message message;
        ASSERT_TRUE(message.parse(frame.bytes().subspan(wire::kProtoHeaderSize)));
        wire::MessageHeader header = message.header;
        header.info2 |= info2;
        header.generation = sent;
        EXPECT_EQ(desk.run(header, message).result, result) << int(info2) << " " << sent << " " << there;
    }
}

TEST(Write, CountsGenerationsFromOneAndWrapsToOne) {
    Desk desk;
    EXPECT_EQ(desk.put(kKey, 1).generation, 1u);
    EXPECT_EQ(desk.put(kKey, 1).generation, 2u);
    for (uint32_t i = 3; i <= 0xFFFF; ++i) desk.put(kKey, 1);
    EXPECT_EQ(desk.get(kKey).generation, 0xFFFFu);
    EXPECT_EQ(desk.put(kKey, 1).generation, 1u);
}

TEST(Write, AnErrorChangesNothingAndShowsWhatIsThere) {
    Desk desk;
    desk.put(kKey, 1, {.ttl = 100});
    const auto before = desk.get(kKey);
    const Value text = Value::text("x");
    const Value number = Value::integer(5);
    const auto refused = desk.operate(kKey, {client::write_op("b", number), client::append_op("a", text)});
    EXPECT_EQ(refused.result, ResultCode::incompatible_type);
    EXPECT_EQ(refused.generation, 1u);
    EXPECT_EQ(refused.void_time, before.void_time);
    EXPECT_TRUE(refused.bins.empty());
    EXPECT_EQ(desk.get(kKey).bins, before.bins);
    EXPECT_EQ(desk.get(kKey).generation, 1u);
}

TEST(Write, ErrorsOfADeleteShowNothing) {
    Desk desk;
    desk.put(kKey, 1, {.ttl = 100});
    const auto refused = desk.remove(kKey, {.generation = 9});
    EXPECT_EQ(refused.result, ResultCode::generation);
    EXPECT_EQ(refused.generation, 0u);
    EXPECT_EQ(refused.void_time, 0u);
}

// Sets.

TEST(Write, TheSetOfARecordStays) {
    struct Case {
        std::string_view of_record, sent;
        ResultCode write, read, remove;
    };
    constexpr auto kOk = ResultCode::ok, kBad = ResultCode::parameter;
    const Case cases[] = {{"s", "s", kOk, kOk, kOk},
                          {"s", "t", kBad, kBad, kBad},
                          {"s", "", kBad, kOk, kOk},
                          {"", "s", kBad, kBad, kBad},
                          {"", "", kOk, kOk, kOk}};
    for (const auto& [of_record, sent, write, read, remove] : cases) {
        Desk desk;
        desk.set = of_record;
        desk.put(kKey, 1);
        desk.set = sent;
        EXPECT_EQ(desk.put(kKey, 2).result, write) << of_record << "/" << sent;
        EXPECT_EQ(desk.get(kKey).result, read) << of_record << "/" << sent;
        EXPECT_EQ(desk.remove(kKey).result, remove) << of_record << "/" << sent;
    }
}

TEST(Write, SetNamesHaveAtMost63Bytes) {
    Desk desk;
    const std::string name(64, 'n');
    desk.set = std::string_view(name).substr(1);
    EXPECT_EQ(desk.put(1, 1).result, ResultCode::ok);
    desk.set = name;
    EXPECT_EQ(desk.put(2, 1).result, ResultCode::parameter);
}

TEST(Write, ANamespaceMayDemandASet) {
    auto settings = usual();
    settings.disallow_null_setname = true;
    Desk desk(settings);
    EXPECT_EQ(desk.put(1, 1).result, ResultCode::ok);
    desk.set = "";
    EXPECT_EQ(desk.put(2, 1).result, ResultCode::parameter);
}

TEST(Write, ASetHasAtMostItsCountOfRecords) {
    auto settings = usual();
    settings.sets.push_back({.name = "s", .stop_writes_count = 2});
    Desk desk(settings);
    desk.put(1, 1);
    desk.put(2, 1);
    EXPECT_EQ(desk.put(3, 1).result, ResultCode::forbidden);
    EXPECT_EQ(desk.put(2, 2).result, ResultCode::ok);  // not a new one
    desk.remove(1);
    EXPECT_EQ(desk.put(3, 1).result, ResultCode::ok);
}

TEST(Write, ASetHasAtMostItsSize) {
    auto settings = usual();
    settings.sets.push_back({.name = "s", .stop_writes_size_bytes = 100});
    Desk desk(settings);
    EXPECT_EQ(desk.put(1, 1).result, ResultCode::ok);
    EXPECT_EQ(desk.put(2, 1).result, ResultCode::ok);  // 64 bytes each: the limit is met by the second
    EXPECT_EQ(desk.put(3, 1).result, ResultCode::forbidden);
    EXPECT_EQ(desk.put(1, 2).result, ResultCode::forbidden);
    desk.remove(1);
    EXPECT_EQ(desk.put(3, 1).result, ResultCode::ok);
}

// Keys.

TEST(Write, AStoredKeyMustMatchWhenOneIsSent) {
    Desk desk;
    const Value key = Value::text("k1");
    const Value other = Value::text("k2");
    desk.put(kKey, 1, {.key = &key});
    EXPECT_EQ(desk.put(kKey, 2, {.key = &key}).result, ResultCode::ok);
    EXPECT_EQ(desk.put(kKey, 2, {.key = &other}).result, ResultCode::key_mismatch);
    EXPECT_EQ(desk.put(kKey, 2).result, ResultCode::ok);  // without: it stays
    EXPECT_EQ(desk.remove(kKey, {.key = &other}).result, ResultCode::key_mismatch);
    EXPECT_EQ(desk.remove(kKey, {.key = &key}).result, ResultCode::ok);
}

TEST(Write, AKeyCanBeAddedLaterAndIsCheckedThen) {
    Desk desk;
    const Value key = Value::text("k1");
    const Value other = Value::text("k2");
    desk.put(kKey, 1);
    EXPECT_EQ(desk.put(kKey, 2, {.key = &key}).result, ResultCode::ok);
    EXPECT_EQ(desk.put(kKey, 2, {.key = &other}).result, ResultCode::key_mismatch);
}

TEST(Write, AnIntegerKeyHasEightBytes) {
    Desk desk;
    const Value bad{wire::Particle::integer, "1234"};
    EXPECT_EQ(desk.put(kKey, 1, {.key = &bad}).result, ResultCode::unsupported_feature);
    EXPECT_EQ(desk.get(kKey).result, ResultCode::not_found);
}

// Ends of records.

TEST(Write, ARecordWithoutBinsIsGone) {
    Desk desk;
    desk.put(kKey, {{"a", Value::integer(1)}});
    const auto reply = desk.put(kKey, {{"a", Value{}}});
    EXPECT_EQ(reply.result, ResultCode::ok);
    EXPECT_EQ(reply.generation, 0u);
    EXPECT_EQ(desk.get(kKey).result, ResultCode::not_found);
    EXPECT_EQ(desk.ns.partitions.memory_use().objects, 0u);
}

TEST(Write, DeletingABinOfNoRecordFindsNothing) {
    Desk desk;
    EXPECT_EQ(desk.put(kKey, {{"a", Value{}}}).result, ResultCode::not_found);
}

TEST(Write, AFailedStoreKeepsWhatItHas) {
    auto made = std::make_unique<storage::FakeStore>();
    storage::FakeStore& store = *made;
    Desk desk(usual(), std::move(made));
    ASSERT_EQ(desk.put(kKey, 1).result, ResultCode::ok);
    store.has_failed = true;
    EXPECT_EQ(desk.remove(kKey).result, ResultCode::server_error);
    EXPECT_EQ(desk.exists(kKey).result, ResultCode::ok);
}

TEST(Write, DurableDeletesNeedWhatIsNotHere) {
    Desk desk;
    if (desk.ns.store) GTEST_SKIP() << "of records in memory";
    EXPECT_EQ(desk.remove(kKey, {.durable_delete = true}).result, ResultCode::enterprise_only);
    desk.put(kKey, 1);
    EXPECT_EQ(desk.put(kKey, 2, {.durable_delete = true}).result, ResultCode::ok);  // removes nothing: ignored
    EXPECT_EQ(desk.operate(kKey, {client::delete_all_op()}, {.durable_delete = true}).result,
              ResultCode::enterprise_only);
    EXPECT_EQ(desk.get(kKey).result, ResultCode::ok);
}

TEST(Write, DeletingTwiceFindsNothingTheSecondTime) {
    Desk desk;
    desk.put(kKey, 1);
    EXPECT_EQ(desk.remove(kKey).result, ResultCode::ok);
    EXPECT_EQ(desk.remove(kKey).result, ResultCode::not_found);
    EXPECT_EQ(desk.put(kKey, 1).generation, 1u);
}

// Limits.

TEST(Write, TheLargestRecordIsThatOfTheReference) {
    Desk desk;
    desk.set = "v";
    const auto put = [&](size_t size) { return desk.put(kKey, {{"a", Value::blob(std::string(size, 'x'))}}).result; };
    EXPECT_EQ(put((1 << 20) - 50), ResultCode::ok);
    EXPECT_EQ(put((1 << 20) - 48), ResultCode::record_too_big);
    EXPECT_EQ(desk.get(kKey).bins[0].value.bytes.size(), (1u << 20) - 50);
    EXPECT_EQ(desk.worker.counters[0].fail_record_too_big.get(), 1u);
}

TEST(Write, XdrAndOthersCanBeRefused) {
    auto settings = usual();
    settings.reject_non_xdr_writes = true;
    Desk desk(settings);
    EXPECT_EQ(desk.put(kKey, 1).result, ResultCode::forbidden);
    EXPECT_EQ(desk.remove(kKey).result, ResultCode::forbidden);
}

class StopWrites : public testing::Test {
protected:
    static NamespaceConfig small() {
        auto settings = usual();
        settings.storage_engine.data_size_bytes = 16 << 20;
        settings.storage_engine.stop_writes_used_pct = 50;
        return settings;
    }
    /// @return  how many records of 100 kB fitted.
    uint64_t fill() {
        const std::string value(100'000, 'x');
        for (uint64_t key = 0; key < 1000; ++key) {
            Buffer frame;
            const client::Bin bins[] = {{"a", Value::blob(value)}};
            // All slices, so that each tells of its share.
            client::append_put(frame, {"test", "s", digest_of(key, static_cast<PartitionId>(key))}, bins);
            if (desk.run(frame).result == ResultCode::out_of_space) return key;
        }
        return 1000;
    }
    Desk desk{small()};
};

TEST_F(StopWrites, RefusesWritesAtItsShareOfDataSize) {
    if (desk.ns.store) GTEST_SKIP() << "of records in memory";
    const uint64_t fitted = fill();
    EXPECT_GE(fitted, 80u);
    EXPECT_LE(fitted, 105u);  // 64 KiB of each of 32 slices may not be told yet
}

TEST_F(StopWrites, ReadsAndDeletesGoOn) {
    fill();
    Buffer frame;
    client::append_get(frame, {"test", "s", digest_of(3, 3)});
    EXPECT_EQ(desk.run(frame).result, ResultCode::ok);
    frame.clear();
    client::append_delete(frame, {"test", "s", digest_of(3, 3)});
    EXPECT_EQ(desk.run(frame).result, ResultCode::ok);
}

TEST_F(StopWrites, EndsWhenRecordsAreDeleted) {
    const uint64_t fitted = fill();
    for (uint64_t key = 0; key < fitted / 2; ++key) {
        Buffer frame;
        client::append_delete(frame, {"test", "s", digest_of(key, static_cast<PartitionId>(key))});
        ASSERT_EQ(desk.run(frame).result, ResultCode::ok);
    }
    EXPECT_EQ(desk.put(7, 1).result, ResultCode::ok);
}

TEST_F(StopWrites, EndsWhenDataSizeIsRaised) {
    if (desk.ns.store) GTEST_SKIP() << "of records in memory";
    fill();
    EXPECT_EQ(desk.put(7, 1).result, ResultCode::out_of_space);
    desk.reconfigure(small(), [](NamespaceConfig& settings) { settings.storage_engine.data_size_bytes = 64 << 20; });
    EXPECT_EQ(desk.put(7, 1).result, ResultCode::ok);
}

TEST(UpdateTime, IsTheCalendarsUnlessThatIsFarBehindTheVersionReplaced) {
    SetClock clock;
    const uint64_t now = clock.epoch_ms();
    EXPECT_EQ(update_time(clock, now - 1), now);
    EXPECT_EQ(update_time(clock, now), now);
    EXPECT_EQ(update_time(clock, now + 1000), now + 1000);
    EXPECT_GT(update_time(clock, now + 1001), now + 1001);
}

TEST(UpdateTime, TellsApartWhatNodesWroteWhoseCalendarsAreBehind) {
    SetClock clock;
    const uint64_t before = clock.epoch_ms() + 18'000'000;
    std::set<uint64_t> times;
    for (int i = 0; i < 100; ++i) {
        clock.pass(1ms);
        times.insert(update_time(clock, before));
    }
    EXPECT_GE(times.size(), 12u);
    EXPECT_LE(*times.rbegin(), before + 16);
}

}  // namespace
}  // namespace cairn::txn
