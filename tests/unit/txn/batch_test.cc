#include "node/txn/batch.h"

#include <algorithm>

#include "tests/unit/txn/desk.h"

namespace cairn::txn {
namespace {

using client::BatchRow;
using client::Bin;

constexpr uint8_t kRespondAllKeys = 0x04, kReportErrorRecord = 0x08;
constexpr size_t kFlagsAt = wire::kProtoHeaderSize + wire::kMessageHeaderSize + 9;  // of a batch frame

/// What a whole batch answered, and in how many frames.
struct Answer {
    client::Stream stream;
    size_t frames = 0;
    size_t steps = 0;
};

class BatchTest : public testing::Test {
protected:
    BatchTest() {
        for (uint64_t key = 0; key < 10; ++key) desk.put(key, int64_t(key));
    }
    static Buffer reads(std::vector<uint64_t> keys) {
        std::vector<Digest> digests;
        for (const uint64_t key : keys) digests.push_back(digest_of(key));
        Buffer frame;
        client::append_batch_get(frame, "test", "s", digests);
        return frame;
    }
    static Buffer rows(std::vector<BatchRow> of) {
        Buffer frame;
        client::append_batch(frame, "test", "s", of);
        return frame;
    }
    Answer run(const Buffer& frame, size_t bytes_max = 128 << 10, uint32_t requests_max = 0) {
        Answer answer;
        wire::Message message;
        EXPECT_TRUE(message.parse(frame.bytes().subspan(wire::kProtoHeaderSize)));
        Batch batch;
        begun = batch.begin(message, find, requests_max);
        if (begun != ResultCode::ok) return answer;
        Buffer out;
        for (bool done = false; !done;) {
            ++answer.steps;
            done = batch.step(desk.worker, out, bytes_max);
            desk.was_waiting();
        }
        for (Bytes rest = out.bytes(); !rest.empty(); ++answer.frames) {
            EXPECT_FALSE(answer.stream.done) << "a frame after the last";
            const size_t size = wire::ProtoHeader::load(rest.data()).body_size;
            EXPECT_TRUE(client::decode_stream(rest.subspan(wire::kProtoHeaderSize, size), answer.stream));
            rest = rest.subspan(wire::kProtoHeaderSize + size);
        }
        EXPECT_TRUE(answer.stream.done);
        // Rows that had to be read come after the others.
        if (desk.ns.store) std::ranges::sort(answer.stream.records, {}, &client::Record::row);
        return answer;
    }
    Desk desk;
    FindNamespace find = [this](std::string_view name) { return name == "test" ? &desk.ns : nullptr; };
    ResultCode begun = ResultCode::ok;
};

TEST_F(BatchTest, RowsThatRepeatReadTheSameWay) {
    const auto answer = run(reads({3, 99, 5}));
    ASSERT_EQ(answer.stream.records.size(), 3u);
    EXPECT_EQ(answer.stream.records[0].find("a")->as_integer(), 3);
    EXPECT_EQ(answer.stream.records[1].result, ResultCode::not_found);
    EXPECT_EQ(answer.stream.records[2].find("a")->as_integer(), 5);
    EXPECT_EQ(answer.stream.records[2].row, 2u);
    EXPECT_EQ(answer.stream.result, ResultCode::ok);
}

TEST_F(BatchTest, RowsRepeatTheLastFullOneHoweverFarBack) {
    Buffer frame =
        rows({{.digest = digest_of(1), .options = {}}, {.digest = digest_of(2), .no_bins = true, .options = {}}});
    for (uint32_t index = 2; index < 100; ++index) {
        store_be(frame.append(4), index);
        frame.append(digest_of(3).bytes);
        *frame.append(1) = 1;
    }
    const size_t field_at = wire::kProtoHeaderSize + wire::kMessageHeaderSize;
    store_be(frame.data() + field_at, uint32_t(frame.size() - field_at - 4));
    store_be(frame.data() + field_at + 5, uint32_t(100));
    const auto answer = run(frame);
    ASSERT_EQ(answer.stream.records.size(), 100u);
    EXPECT_EQ(answer.stream.records[0].bins.size(), 1u);
    for (size_t i = 1; i < 100; ++i) EXPECT_TRUE(answer.stream.records[i].bins.empty()) << i;
}

TEST_F(BatchTest, ManyMoreRowsThanAGroup) {
    std::vector<uint64_t> keys;
    for (uint64_t i = 0; i < 1000; ++i) keys.push_back(i % 10);
    const auto answer = run(reads(keys));
    ASSERT_EQ(answer.stream.records.size(), 1000u);
    for (const auto& record : answer.stream.records)
        EXPECT_EQ(record.find("a")->as_integer(), int64_t(record.row % 10));
}

TEST_F(BatchTest, MixedRowsRunInOrder) {
    const Value seven = Value::integer(7);
    const wire::Op write[] = {client::write_op("a", seven)};
    const wire::Op add[] = {client::add_op("a", seven), client::read_op("a")};
    const auto answer = run(rows({{.digest = digest_of(1), .kind = BatchRow::Kind::write, .ops = write, .options = {}},
                                  {.digest = digest_of(1), .kind = BatchRow::Kind::write, .ops = add, .options = {}},
                                  {.digest = digest_of(1), .kind = BatchRow::Kind::remove, .options = {}},
                                  {.digest = digest_of(1), .options = {}},
                                  {.digest = digest_of(2), .no_bins = true, .options = {}}}));
    ASSERT_EQ(answer.stream.records.size(), 5u);
    EXPECT_EQ(answer.stream.records[1].find("a")->as_integer(), 14);
    EXPECT_EQ(answer.stream.records[2].result, ResultCode::ok);
    EXPECT_EQ(answer.stream.records[3].result, ResultCode::not_found);
    EXPECT_EQ(answer.stream.records[4].result, ResultCode::ok);
    EXPECT_TRUE(answer.stream.records[4].bins.empty());
    EXPECT_EQ(desk.worker.counters[0].of(Origin::batch_sub, Kind::write).success.get(), 2u);
}

/// Three writes; the second meets a record that must not be there.
class BatchErrors : public BatchTest {
protected:
    Answer run_with(uint8_t flags) {
        const Value seven = Value::integer(7);
        const wire::Op write[] = {client::write_op("a", seven)};
        std::vector<BatchRow> all(3, {.kind = BatchRow::Kind::write, .ops = write, .options = {}});
        for (uint64_t i = 0; i < 3; ++i) all[i].digest = digest_of(i);
        all[1].options.exists = Exists::create_only;
        Buffer frame = rows(all);
        frame.data()[kFlagsAt] = flags;
        return run(frame);
    }
    int64_t third() { return *desk.get(2).find("a")->as_integer(); }
};

TEST_F(BatchErrors, EveryRowIsAnsweredWhenAllAreAsked) {
    const auto answer = run_with(kRespondAllKeys);
    ASSERT_EQ(answer.stream.records.size(), 3u);
    EXPECT_EQ(answer.stream.records[1].result, ResultCode::record_exists);
    EXPECT_EQ(answer.stream.result, ResultCode::ok);
    EXPECT_EQ(third(), 7);
}
TEST_F(BatchErrors, TheFirstEndsTheBatchElse) {
    const auto answer = run_with(kReportErrorRecord);
    ASSERT_EQ(answer.stream.records.size(), 2u);
    EXPECT_EQ(answer.stream.records[1].result, ResultCode::record_exists);
    EXPECT_EQ(answer.stream.result, ResultCode::record_exists);
    EXPECT_EQ(third(), 2);
}
TEST_F(BatchErrors, OnlyTheCodeIsToldToClientsWhoKnowNoErrorRecords) {
    const auto answer = run_with(0);
    EXPECT_TRUE(answer.stream.records.empty());
    EXPECT_EQ(answer.stream.result, ResultCode::record_exists);
}
TEST_F(BatchErrors, AMissingRecordIsNone) {
    Buffer frame = reads({1, 99, 2});
    frame.data()[kFlagsAt] = 0;
    EXPECT_EQ(run(frame).stream.records.size(), 3u);
}

TEST_F(BatchTest, PausesWhenItsRoomIsFullAndGoesOnWhereItWas) {
    std::vector<uint64_t> keys;
    for (uint64_t i = 0; i < 100; ++i) keys.push_back(i % 10);
    const auto whole = run(reads(keys));
    // The least room there is: a frame of up to 128 KiB a step.
    for (uint64_t key = 0; key < 10; ++key)
        desk.put(key, {{"a", Value::integer(int64_t(key))}, {"b", Value::blob(std::string(50'000, 'x'))}});
    const auto paused = run(reads(keys), 1);
    if (!desk.ns.store) EXPECT_EQ(whole.steps, 1u);
    EXPECT_GT(paused.steps, 30u);
    ASSERT_EQ(paused.stream.records.size(), 100u);
    for (size_t i = 0; i < 100; ++i) {
        EXPECT_EQ(paused.stream.records[i].row, i);
        EXPECT_EQ(paused.stream.records[i].find("a")->as_integer(), int64_t(i % 10));
    }
}

TEST_F(BatchTest, SplitsItsRepliesIntoFramesOfAbout128KiB) {
    for (uint64_t key = 0; key < 10; ++key) desk.put(key, {{"b", Value::blob(std::string(50'000, 'x'))}});
    EXPECT_EQ(run(reads({0, 1, 2, 3, 4, 5}), 10 << 20).frames, 2u + 1u);  // three rows each; the end by itself
    EXPECT_EQ(run(reads({0, 1}), 10 << 20).frames, 1u);
}

TEST_F(BatchTest, CanBeLimitedInRows) {
    run(reads({1, 2, 3}), 1000, 2);
    EXPECT_EQ(begun, ResultCode::batch_max_requests);
    run(reads({1, 2}), 1000, 2);
    EXPECT_EQ(begun, ResultCode::ok);
}

TEST_F(BatchTest, AMalformedRowRefusesAll) {
    const Buffer good = reads({1, 2});
    const size_t count_at = kFlagsAt - 4;
    const auto refused = [&](auto damage) {
        Buffer frame;
        frame.append(good.bytes());
        damage(frame);
        run(frame);
        return begun;
    };
    EXPECT_EQ(refused([&](Buffer&) {}), ResultCode::ok);
    EXPECT_EQ(refused([&](Buffer& frame) { store_be(frame.data() + count_at, uint32_t(0)); }), ResultCode::parameter);
    EXPECT_EQ(refused([&](Buffer& frame) { store_be(frame.data() + count_at, uint32_t(3)); }), ResultCode::parameter);
    EXPECT_EQ(refused([&](Buffer& frame) { store_be(frame.data() + count_at, uint32_t(1)); }), ResultCode::ok);
    EXPECT_EQ(refused([&](Buffer& frame) { frame.data()[kFlagsAt + 1 + 24] |= 1; }),
              ResultCode::parameter);  // repeats nothing
}

TEST_F(BatchTest, ARowDoesNotRepeatOneWithAKey) {
    const Value key = Value::text("k");
    std::vector<BatchRow> all(2, {.digest = digest_of(1), .options = {}});
    all[0].options.key = &key;
    Buffer frame = rows(all);
    run(frame);
    EXPECT_EQ(begun, ResultCode::ok);
    // The second row's flags, in place: they follow its index and digest.
    const size_t row = kFlagsAt + 1;
    const size_t first_size = 4 + 20 + 4 + 4 + 4 + (5 + 4) + (5 + 1) + (5 + 2);
    frame.data()[row + first_size + 24] |= 1;
    run(frame);
    EXPECT_EQ(begun, ResultCode::parameter);
}

}  // namespace
}  // namespace cairn::txn
