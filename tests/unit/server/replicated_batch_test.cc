#include "tests/unit/server/replicated_rig.h"

namespace cairn::server {
namespace {

/// Batches of rows each in a partition of its own, by number.
class ReplicatedBatch : public Replicated {
protected:
    ReplicatedBatch() { others.waits = false; }
    static Digest digest_in(PartitionId partition) {
        Digest digest{};
        digest.bytes[0] = uint8_t(partition);
        digest.bytes[1] = uint8_t(partition >> 8);
        return digest;
    }
    static std::vector<uint8_t> batch(const std::vector<PartitionId>& partitions, client::BatchRow row = {}) {
        std::vector<client::BatchRow> rows(partitions.size(), row);
        for (size_t i = 0; i < rows.size(); ++i) rows[i].digest = digest_in(partitions[i]);
        Buffer frame;
        client::append_batch(frame, "test", "s", rows, 500);
        return {frame.bytes().begin(), frame.bytes().end()};
    }
    static std::vector<uint8_t> writes(const std::vector<PartitionId>& partitions) {
        static const client::Value one = client::Value::integer(1);
        static const wire::Op ops[] = {client::write_op("a", one)};
        return batch(partitions, {.kind = client::BatchRow::Kind::write, .ops = ops});
    }
    /// Which of these a request that was passed on asks for, in its order.
    static std::vector<PartitionId> asked(const Passed& request, std::vector<PartitionId> of) {
        std::map<ptrdiff_t, PartitionId> found;
        for (const PartitionId partition : of) {
            const auto at = std::ranges::search(request.frame, digest_in(partition).bytes);
            if (!at.empty()) found[at.begin() - request.frame.begin()] = partition;
        }
        const auto in_order = found | std::views::values;
        return {in_order.begin(), in_order.end()};
    }
    /// Rows that say these codes, and the end.
    static std::vector<uint8_t> answers(const std::vector<ResultCode>& codes) {
        Buffer frames;
        wire::FrameWriter frame(frames, wire::FrameType::message);
        for (uint32_t i = 0; i < codes.size(); ++i) {
            wire::UnitWriter(frames).finish({.result = codes[i], .generation = 7, .timeout_ms = i});
        }
        wire::UnitWriter(frames).finish({.info3 = wire::info3::last});
        frame.finish();
        return {frames.bytes().begin(), frames.bytes().end()};
    }
    void answer(const Passed& request, const std::vector<ResultCode>& codes) {
        const auto frames = answers(codes);
        on_loop([&] { worker.passed(request.number, Bytes(frames)); });
    }
    /// What the client was answered, by row.
    std::map<uint32_t, ResultCode> rows() const {
        std::map<uint32_t, ResultCode> codes;
        for (const auto& record : stream_of(peer.got.bytes(), client::StreamKind::batch).records) {
            EXPECT_TRUE(codes.emplace(record.row, record.result).second) << "answered once";
        }
        return codes;
    }
    const txn::NamespaceCounters& counters() { return worker.commands().counters[0]; }
};

TEST_F(ReplicatedBatch, RowsGoToTheirMastersInOneRequestEach) {
    others.masters = {{2, 0xB7}, {3, 0xC1}, {4, 0xB7}};
    connect();
    send(writes({1, 2, 3, 4, 5}));
    ASSERT_EQ(passed.size(), 2u);
    EXPECT_EQ(passed[0].node, 0xB7u);
    EXPECT_EQ(asked(passed[0], {1, 2, 3, 4, 5}), (std::vector<PartitionId>{2, 4}));
    EXPECT_EQ(passed[1].node, 0xC1u);
    EXPECT_EQ(asked(passed[1], {1, 2, 3, 4, 5}), std::vector<PartitionId>{3});
    EXPECT_EQ(others.tickets.size(), 2u) << "rows of this node are written at once";
    answer(passed[1], {ResultCode::generation});
    answer(passed[0], {ResultCode::ok, ResultCode::record_exists});
    const std::map<uint32_t, ResultCode> expected{{0, ResultCode::ok},
                                                  {1, ResultCode::ok},
                                                  {2, ResultCode::generation},
                                                  {3, ResultCode::record_exists},
                                                  {4, ResultCode::ok}};
    EXPECT_EQ(rows(), expected);
    EXPECT_EQ(counters().batch_sub_proxy.complete.get(), 3u);
    EXPECT_NE(peer.reader, nullptr) << "and the next request is read";
}

TEST_F(ReplicatedBatch, AnAnswerInTheSameTurnDoesNotServeTheConnectionTwice) {
    others.masters = {{2, 0xB7}};
    const auto reply_at_once = answers({ResultCode::ok});
    state.pass_on = [&](uint64_t, uint64_t number, const std::vector<uint8_t>&) {
        machine.loop(0).post([&, number] { worker.passed(number, Bytes(reply_at_once)); });
    };
    connect();
    send(writes({1, 2}));
    world.run_for(10ms);
    const std::map<uint32_t, ResultCode> expected{{0, ResultCode::ok}, {1, ResultCode::ok}};
    EXPECT_EQ(rows(), expected);
    EXPECT_NE(peer.reader, nullptr);
}

// Two nodes for one request: what one passes on, the other answers.
TEST_F(ReplicatedBatch, WhatIsPassedOnIsServedThereAndCountedApart) {
    others.masters = {{2, 0xB7}, {4, 0xB7}};
    connect();
    send(writes({2, 3, 4}));
    ASSERT_EQ(passed.size(), 1u);
    others.masters.clear();
    pass_here(passed[0].frame);
    world.run_for(5ms);
    ASSERT_FALSE(reply.empty());
    on_loop([&] { worker.passed(passed[0].number, Bytes(reply)); });
    EXPECT_EQ(rows(), (std::map<uint32_t, ResultCode>{{0, ResultCode::ok}, {1, ResultCode::ok}, {2, ResultCode::ok}}));
    auto& commands = worker.commands().counters[0];
    EXPECT_EQ(commands.of(txn::Origin::from_proxy_batch_sub, txn::Kind::write).success.get(), 2u);
    EXPECT_EQ(commands.of(txn::Origin::batch_sub, txn::Kind::write).success.get(), 1u);
    EXPECT_EQ(worker.counters().batch_index_initiate.get(), 1u) << "the client's alone";
    EXPECT_EQ(state.open_connections.load(), 1u) << "the other's has ended";
}

// The reply takes several frames, and is given back whole.
TEST_F(ReplicatedBatch, LongRepliesComeBackWhole) {
    const client::Value value = client::Value::blob(std::string(50'000, 'x'));
    const wire::Op ops[] = {client::write_op("a", value)};
    const std::vector<PartitionId> all{1, 2, 3, 4, 5, 6, 7, 8};
    for (const PartitionId partition : all) {
        pass_here(batch({partition}, {.kind = client::BatchRow::Kind::write, .ops = ops}));
        world.run_for(5ms);
    }
    for (const PartitionId partition : all) others.masters[partition] = 0xB7;
    connect();
    send(batch(all));
    ASSERT_EQ(passed.size(), 1u);
    others.masters.clear();
    reply.clear();
    pass_here(passed[0].frame);
    world.run_for(5ms);
    ASSERT_GT(reply.size(), 8 * 50'000u);
    on_loop([&] { worker.passed(passed[0].number, Bytes(reply)); });
    world.run_for(5ms);
    const auto stream = stream_of(peer.got.bytes(), client::StreamKind::batch);
    ASSERT_EQ(stream.records.size(), 8u);
    for (const auto& record : stream.records) EXPECT_EQ(record.find("a")->bytes.size(), 50'000u) << record.row;
}

// A reply is bounded by what it holds: the rest of the rows is asked for once more.
TEST_F(ReplicatedBatch, ARequestOfManyLargeRecordsIsAnsweredInParts) {
    const client::Value value = client::Value::blob(std::string(600'000, 'x'));
    const wire::Op ops[] = {client::write_op("a", value)};
    const std::vector<PartitionId> all{1, 2, 3, 4, 5};
    for (const PartitionId partition : all) {
        pass_here(batch({partition}, {.kind = client::BatchRow::Kind::write, .ops = ops}));
        world.run_for(5ms);
    }
    for (const PartitionId partition : all) others.masters[partition] = 0xB7;
    connect();
    send(batch(all));
    const auto as_seen_here = others.masters;
    size_t replies = 0;
    for (; replies < 10 && replies < passed.size(); ++replies) {
        others.masters.clear();
        reply.clear();
        pass_here(passed[replies].frame);
        world.run_for(2ms);
        EXPECT_LT(reply.size(), 2u << 20);
        others.masters = as_seen_here;
        on_loop([&] { worker.passed(passed[replies].number, Bytes(reply)); });
        world.run_for(10ms);
    }
    EXPECT_EQ(replies, 3u) << "of two records each, at most";
    EXPECT_EQ(stream_of(peer.got.bytes(), client::StreamKind::batch).records.size(), 5u);
}

TEST_F(ReplicatedBatch, RowsThatAreNotAnsweredAreInDoubt) {
    others.masters = {{2, 0xB7}};
    connect();
    send(writes({1, 2}));
    ASSERT_EQ(passed.size(), 1u);
    world.run_for(490ms);
    const size_t early = peer.got.size();
    world.run_for(20ms);
    EXPECT_GT(peer.got.size(), early);
    EXPECT_EQ(rows(), (std::map<uint32_t, ResultCode>{{0, ResultCode::ok}, {1, ResultCode::timeout}}));
    EXPECT_EQ(counters().batch_sub_proxy.timeout.get(), 1u);
    const size_t size = peer.got.size();
    answer(passed[0], {ResultCode::ok});
    EXPECT_EQ(peer.got.size(), size) << "too late";
}

TEST_F(ReplicatedBatch, RowsOfAReplyThatNeverCameAreInDoubt) {
    others.masters = {{2, 0xB7}, {3, 0xB7}};
    connect();
    send(writes({2, 3}));
    ASSERT_EQ(passed.size(), 1u);
    on_loop([this] { worker.passed(passed[0].number, Bytes()); });
    EXPECT_EQ(rows(), (std::map<uint32_t, ResultCode>{{0, ResultCode::timeout}, {1, ResultCode::timeout}}));
}

TEST_F(ReplicatedBatch, RowsWaitWhileNobodyIsMaster) {
    others.masters = {{2, 0}};
    connect();
    send(writes({1, 2}));
    world.run_for(200ms);
    EXPECT_TRUE(passed.empty());
    others.masters.clear();
    world.run_for(10ms);
    EXPECT_EQ(rows(), (std::map<uint32_t, ResultCode>{{0, ResultCode::ok}, {1, ResultCode::ok}}));
    EXPECT_EQ(others.tickets.size(), 2u) << "each is written once";
}

TEST_F(ReplicatedBatch, RowsThatNobodyTakesAreRefusedInTheEnd) {
    others.masters = {{2, 0}};
    connect();
    send(writes({1, 2}));
    world.run_for(510ms);
    EXPECT_EQ(rows(), (std::map<uint32_t, ResultCode>{{0, ResultCode::ok}, {1, ResultCode::unavailable}}));
    EXPECT_EQ(counters().batch_sub_proxy.error.get(), 1u);
}

// The other node is not master any more: this one may be by now, or hears of a third.
TEST_F(ReplicatedBatch, RowsThatTheOtherNodeRefusesAreTriedAgain) {
    others.masters = {{2, 0xB7}, {3, 0xB7}};
    connect();
    send(writes({2, 3}));
    ASSERT_EQ(passed.size(), 1u);
    others.masters = {{3, 0xC1}};
    answer(passed[0], {ResultCode::unavailable, ResultCode::unavailable});
    world.run_for(10ms);
    ASSERT_EQ(passed.size(), 2u);
    EXPECT_EQ(passed[1].node, 0xC1u);
    EXPECT_EQ(asked(passed[1], {2, 3}), std::vector<PartitionId>{3});
    answer(passed[1], {ResultCode::ok});
    EXPECT_EQ(rows(), (std::map<uint32_t, ResultCode>{{0, ResultCode::ok}, {1, ResultCode::ok}}));
    EXPECT_EQ(others.tickets.size(), 1u);
}

TEST_F(ReplicatedBatch, RowsThatCannotBeSentAreTriedAgain) {
    others.masters = {{2, 0xB7}};
    connect();
    send(writes({2}));
    ASSERT_EQ(passed.size(), 1u);
    on_loop([this] { worker.passed(passed[0].number, std::nullopt); });
    world.run_for(10ms);
    ASSERT_EQ(passed.size(), 2u);
    answer(passed[1], {ResultCode::ok});
    EXPECT_EQ(rows(), (std::map<uint32_t, ResultCode>{{0, ResultCode::ok}}));
}

TEST_F(ReplicatedBatch, APassedBatchIsNotPassedOnOnceMore) {
    others.masters = {{2, 0xB7}};
    pass_here(writes({1, 2}));
    world.run_for(5ms);
    EXPECT_TRUE(passed.empty());
    const auto stream = stream_of(reply, client::StreamKind::batch);
    ASSERT_EQ(stream.records.size(), 2u);
    EXPECT_EQ(stream.records[0].result, ResultCode::ok);
    EXPECT_EQ(stream.records[1].result, ResultCode::unavailable) << "at once: the other node tries again";
}

TEST_F(ReplicatedBatch, AWindowOfRowsIsOnItsWayAtOnce) {
    for (PartitionId partition = 0; partition < 1300; ++partition) others.masters[partition] = 0xB7;
    std::vector<PartitionId> all(1300);
    for (size_t i = 0; i < all.size(); ++i) all[i] = PartitionId(i);
    const auto frame = batch(all);
    connect();
    send(frame);
    ASSERT_EQ(passed.size(), 1u);
    for (size_t i = 0; i < passed.size(); ++i) {
        const size_t count = asked(passed[i], all).size();
        EXPECT_LE(count, txn::Batch::kAwayRowsMax + 32) << "and what a group of rows adds";
        answer(passed[i], std::vector(count, ResultCode::not_found));
        world.run_for(1ms);
    }
    EXPECT_EQ(passed.size(), 3u);
    EXPECT_EQ(rows().size(), 1300u);
}

TEST_F(ReplicatedBatch, WritesAreAnsweredWhenAllCopiesHaveThem) {
    others.waits = true;
    connect();
    send(writes({1, 2}));
    ASSERT_EQ(others.tickets.size(), 2u);
    on_loop([this] { worker.replicated(others.tickets[1], false); });
    EXPECT_TRUE(peer.got.empty());
    on_loop([this] { worker.replicated(others.tickets[0], true); });
    EXPECT_EQ(rows(), (std::map<uint32_t, ResultCode>{{0, ResultCode::timeout}, {1, ResultCode::ok}}));
    EXPECT_EQ(counters().batch_sub_write_latency.snapshot().count(), 2u);
    EXPECT_GE(counters().batch_sub_write_latency.snapshot().sum_ns, 2'000'000u) << "until the reply is sent";
}

TEST_F(ReplicatedBatch, PassedWritesAreAnsweredWhenAllCopiesHaveThem) {
    others.waits = true;
    pass_here(writes({1}));
    world.run_for(5ms);
    ASSERT_EQ(others.tickets.size(), 1u);
    EXPECT_TRUE(reply.empty());
    on_loop([this] { worker.replicated(others.tickets[0], false); });
    world.run_for(5ms);
    EXPECT_EQ(stream_of(reply, client::StreamKind::batch).records[0].result, ResultCode::ok);
}

// The rows before the one that ends the batch are not told: what becomes of them cannot be said in their replies.
TEST_F(ReplicatedBatch, AWriteInDoubtWhoseReplyIsNotSentEndsTheConnection) {
    others.waits = true;
    auto frame = writes({1, 2});
    constexpr size_t kFlagsAt = wire::kProtoHeaderSize + wire::kMessageHeaderSize + 9;
    frame[kFlagsAt] = 0;
    others.refused = 2;
    connect();
    send(frame);
    ASSERT_EQ(others.tickets.size(), 1u);
    on_loop([this] { worker.replicated(others.tickets[0], true); });
    EXPECT_TRUE(peer.got.empty());
    EXPECT_EQ(state.open_connections.load(), 0u);
}

TEST_F(ReplicatedBatch, WhatOtherNodesAnswerComesBehindTheRowsOfThisOne) {
    others.waits = true;
    others.masters = {{2, 0xB7}};
    connect();
    send(writes({1, 2}));
    ASSERT_EQ(passed.size(), 1u);
    answer(passed[0], {ResultCode::ok});
    EXPECT_TRUE(peer.got.empty()) << "the write here is not on all copies yet";
    on_loop([this] { worker.replicated(others.tickets[0], false); });
    EXPECT_EQ(rows(), (std::map<uint32_t, ResultCode>{{0, ResultCode::ok}, {1, ResultCode::ok}}));
}

// Row 0 asks for no bins and is given back; all others repeat row 1, those behind it too.
TEST_F(ReplicatedBatch, RowsThatAreGivenBackAreNotRepeatedByOthers) {
    constexpr PartitionId kHere = 4000;
    pass_here(writes({kHere}));
    world.run_for(5ms);
    const client::BatchRow first[] = {{.digest = digest_in(0), .no_bins = true, .ops = {}, .options = {}},
                                      {.digest = digest_in(1), .ops = {}, .options = {}}};
    Buffer frame;
    client::append_batch(frame, "test", "s", first, 500);
    std::vector<PartitionId> all{0, 1};
    for (uint32_t index = 2; index < 700; ++index) {
        all.push_back(index < 600 ? PartitionId(index) : kHere);
        store_be(frame.append(4), index);
        frame.append(digest_in(all.back()).bytes);
        *frame.append(1) = 1;
    }
    const size_t field_at = wire::kProtoHeaderSize + wire::kMessageHeaderSize;
    wire::store_proto_header(frame.data(), wire::FrameType::message, frame.size() - wire::kProtoHeaderSize);
    store_be(frame.data() + field_at, uint32_t(frame.size() - field_at - 4));
    store_be(frame.data() + field_at + 5, uint32_t(700));
    for (PartitionId partition = 0; partition < 600; ++partition) others.masters[partition] = 0xB7;
    connect();
    send(frame.bytes());
    for (size_t i = 0; i < passed.size(); ++i) {
        std::vector codes(asked(passed[i], all).size(), ResultCode::not_found);
        if (i == 0) codes[0] = ResultCode::unavailable;
        others.masters.erase(0);
        answer(passed[i], codes);
        world.run_for(10ms);
    }
    const auto stream = stream_of(peer.got.bytes(), client::StreamKind::batch);
    ASSERT_EQ(stream.records.size(), 700u);
    for (const auto& record : stream.records) {
        EXPECT_EQ(record.result, record.row < 600 ? ResultCode::not_found : ResultCode::ok) << record.row;
        EXPECT_EQ(record.bins.size(), record.row < 600 ? 0u : 1u) << record.row;
    }
}

}  // namespace
}  // namespace cairn::server
