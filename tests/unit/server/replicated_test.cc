#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <ranges>

#include "common/client/reply.h"
#include "common/client/request.h"
#include "common/log/memory_sink.h"
#include "common/wire/proto.h"
#include "node/server/passed_on.h"
#include "node/server/worker.h"
#include "tests/sim/world.h"
#include "tests/unit/server/peer.h"

namespace cairn::server {
namespace {

/// Copies elsewhere, as the test says.
class Others final : public partition::Replicator {
public:
    Access may_write(PartitionId partition) const override {
        if (partition == refused) return Access::overload;
        return masters.contains(partition) ? Access::elsewhere : access;
    }
    Access may_read(PartitionId partition) const override { return may_write(partition); }
    uint64_t master(PartitionId partition) const override {
        const auto known = masters.find(partition);
        return known == masters.end() ? other_master : known->second;
    }
    void prefetch(PartitionId) const override {}
    bool wrote(partition::Partition&, const Written& written) override {
        tickets.push_back(written.ticket);
        return waits;
    }
    Access access = Access::ok;
    uint64_t other_master = 0;
    std::map<PartitionId, uint64_t> masters;  // of partitions that are elsewhere; 0: nobody
    std::optional<PartitionId> refused;
    bool waits = true;
    std::vector<uint64_t> tickets;
};

/// One connection of a worker, to a namespace with copies elsewhere.
class Replicated : public testing::Test {
protected:
    struct Passed {
        uint64_t node;
        uint64_t number;
        std::vector<uint8_t> frame;
    };
    Replicated() {
        state.namespaces[0]->replicator = &others;
        state.pass_on = [this](uint64_t node, uint64_t number, std::vector<uint8_t> frame) {
            passed.push_back({node, number, std::move(frame)});
        };
    }
    ~Replicated() override {
        others.access = Others::Access::ok;
        others.masters.clear();
        bool drained = false;
        machine.loop(0).post([&] { worker.drain([&] { drained = true; }); });
        EXPECT_TRUE(world.run_until([&] { return drained; }));
    }
    static std::shared_ptr<const NodeConfig> settings() {
        auto config = std::make_shared<NodeConfig>();
        config->namespaces.emplace_back().name = "test";
        return config;
    }
    static std::vector<uint8_t> put_frame() {
        Buffer frame;
        const client::Bin bins[] = {{"a", client::Value::integer(1)}};
        client::append_put(frame, {"test", "s", Digest{}}, bins, {.timeout_ms = 500});
        const Bytes bytes = frame.bytes();
        return {bytes.begin(), bytes.end()};
    }
    void connect() { worker.accept(std::make_unique<PeerSocket>(peer)); }
    void put() { send(put_frame()); }
    void send(Bytes frame) {
        while (!frame.empty()) {
            ASSERT_NE(peer.reader, nullptr);
            const size_t size = std::min(frame.size(), peer.into.size());
            std::memcpy(peer.into.data(), frame.data(), size);
            frame = frame.subspan(size);
            machine.loop(0).post([&, size] { std::exchange(peer.reader, nullptr)->on_read(size); });
            world.run_for(1ms);
        }
    }
    /// A query for a set that no record here has.
    client::Stream scan_unknown_set() {
        const PartitionId partitions[] = {7, 8};
        Buffer frame;
        client::append_scan(frame, {.ns = "test", .set = "elsewhere", .partitions = partitions});
        connect();
        send(frame.bytes());
        return stream_of(peer.got.bytes(), client::StreamKind::query);
    }
    static client::Stream stream_of(Bytes frames, client::StreamKind kind) {
        client::Stream stream{.kind = kind};
        while (!frames.empty()) {
            const size_t size = wire::ProtoHeader::load(frames.data()).body_size;
            EXPECT_TRUE(client::decode_stream(frames.subspan(wire::kProtoHeaderSize, size), stream));
            frames = frames.subspan(wire::kProtoHeaderSize + size);
        }
        EXPECT_TRUE(stream.done);
        return stream;
    }
    /// Another node passes a request on to this one.
    void pass_here(std::vector<uint8_t> frame = put_frame()) {
        worker.accept(std::make_unique<PassedOn>(machine.loop(0), std::move(frame), "B1",
                                                 [this](Bytes got) { reply.assign(got.begin(), got.end()); }),
                      /*passed_on=*/true);
    }
    void on_loop(runtime::Work work) {
        machine.loop(0).post(std::move(work));
        world.run_for(1ms);
    }
    ResultCode code() const { return code_in(peer.got.bytes()); }
    static ResultCode code_in(Bytes reply) {
        return wire::MessageHeader::load(reply.subspan(wire::kProtoHeaderSize).data()).result;
    }

    sim::World world{1};
    sim::SimMachine& machine = world.machine("node", 1);
    log::MemorySink lines;
    log::Logger logger{log::Format::text, log::Level::warning, lines};
    Others others;
    std::vector<Passed> passed;
    std::vector<uint8_t> reply;  // to what was passed here
    State state{{}, settings(), 1, logger, 0s};
    Silent info;
    Peer peer;
    Worker worker{state, info, machine.loop(0), 1};
};

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

TEST_F(Replicated, AWriteIsAnsweredWhenAllCopiesHaveIt) {
    connect();
    put();
    ASSERT_EQ(others.tickets.size(), 1u);
    EXPECT_TRUE(peer.got.empty());
    on_loop([this] { worker.replicated(others.tickets[0], false); });
    ASSERT_FALSE(peer.got.empty());
    EXPECT_EQ(code(), ResultCode::ok);
    EXPECT_NE(peer.reader, nullptr) << "and the next request is read";
}

TEST_F(Replicated, AWriteTakesAsLongAsItsClientWaits) {
    connect();
    put();
    world.run_for(30ms);
    auto& counters = worker.commands().counters[0];
    EXPECT_EQ(counters.write_latency.snapshot().count(), 0u);
    on_loop([this] { worker.replicated(others.tickets[0], false); });
    ASSERT_EQ(counters.write_latency.snapshot().count(), 1u);
    EXPECT_GE(counters.write_latency.snapshot().sum_ns, 30'000'000u);
    ASSERT_EQ(counters.sync_local_latency.snapshot().count(), 1u);
    EXPECT_LT(counters.sync_local_latency.snapshot().sum_ns, 1'000'000u) << "without the wait";
}

TEST_F(Replicated, AWriteInDoubtIsATimeOut) {
    connect();
    put();
    on_loop([this] { worker.replicated(others.tickets[0], true); });
    ASSERT_FALSE(peer.got.empty());
    EXPECT_EQ(code(), ResultCode::timeout);
}

TEST_F(Replicated, AWriteOfCommitLevelMasterIsAnsweredAtOnce) {
    others.waits = false;
    connect();
    put();
    EXPECT_EQ(code(), ResultCode::ok);
}

TEST_F(Replicated, ARequestIsPassedOnToTheMaster) {
    others.access = Others::Access::elsewhere;
    others.other_master = 0xB7;
    connect();
    put();
    ASSERT_EQ(passed.size(), 1u);
    EXPECT_EQ(passed[0].node, 0xB7u);
    EXPECT_EQ(passed[0].frame, put_frame()) << "as it came";
    EXPECT_TRUE(peer.got.empty());
    const std::vector<uint8_t> answer{2, 3, 0, 0, 0, 0, 0, 1, 99};
    on_loop([&] { worker.passed(passed[0].number, Bytes(answer)); });
    EXPECT_EQ(std::vector(peer.got.bytes().begin(), peer.got.bytes().end()), answer) << "as it was given";
    EXPECT_EQ(worker.commands().counters[0].client_proxy.complete.get(), 1u);
    EXPECT_NE(peer.reader, nullptr);
}

TEST_F(Replicated, WhatCannotBePassedOnIsTriedAgainHere) {
    others.access = Others::Access::elsewhere;
    others.other_master = 0xB7;
    connect();
    put();
    ASSERT_EQ(passed.size(), 1u);
    others.access = Others::Access::ok;
    others.waits = false;
    on_loop([&] { worker.passed(passed[0].number, std::nullopt); });
    world.run_for(10ms);
    ASSERT_FALSE(peer.got.empty());
    EXPECT_EQ(code(), ResultCode::ok);
    EXPECT_EQ(others.tickets.size(), 1u) << "written once";
}

TEST_F(Replicated, WhatIsNotAnsweredThereIsInDoubt) {
    others.access = Others::Access::elsewhere;
    others.other_master = 0xB7;
    connect();
    put();
    world.run_for(490ms);
    EXPECT_TRUE(peer.got.empty());
    world.run_for(20ms);
    ASSERT_FALSE(peer.got.empty());
    EXPECT_EQ(code(), ResultCode::timeout);
    EXPECT_EQ(worker.commands().counters[0].client_proxy.timeout.get(), 1u);
    const size_t size = peer.got.size();
    on_loop([&] { worker.passed(passed[0].number, Bytes()); });
    EXPECT_EQ(peer.got.size(), size) << "too late";
}

TEST_F(Replicated, ARequestWaitsWhileNobodyIsMaster) {
    others.access = Others::Access::elsewhere;
    connect();
    put();
    world.run_for(200ms);
    EXPECT_TRUE(peer.got.empty());
    EXPECT_TRUE(passed.empty());
    others.access = Others::Access::ok;
    others.waits = false;
    world.run_for(10ms);
    ASSERT_FALSE(peer.got.empty());
    EXPECT_EQ(code(), ResultCode::ok);
}

TEST_F(Replicated, ARequestThatNobodyTakesIsRefusedInTheEnd) {
    others.access = Others::Access::elsewhere;
    connect();
    put();
    world.run_for(510ms);
    ASSERT_FALSE(peer.got.empty());
    EXPECT_EQ(code(), ResultCode::unavailable);
    EXPECT_EQ(worker.commands().counters[0].client_proxy.error.get(), 1u);
}

TEST_F(Replicated, APassedRequestIsServedAndItsConnectionEnds) {
    pass_here();
    world.run_for(5ms);
    ASSERT_EQ(others.tickets.size(), 1u);
    EXPECT_TRUE(reply.empty()) << "the other copies have not answered";
    on_loop([this] { worker.replicated(others.tickets[0], false); });
    world.run_for(5ms);
    ASSERT_FALSE(reply.empty());
    EXPECT_EQ(code_in(reply), ResultCode::ok);
    auto& counters = worker.commands().counters[0];
    EXPECT_EQ(counters.of(txn::Origin::from_proxy, txn::Kind::write).success.get(), 1u);
    EXPECT_EQ(counters.write_latency.snapshot().count(), 0u) << "timed where its client waits";
    EXPECT_EQ(state.open_connections.load(), 0u);
}

TEST_F(Replicated, APassedRequestIsNotPassedOnOnceMore) {
    others.access = Others::Access::elsewhere;
    others.other_master = 0xB7;
    pass_here();
    world.run_for(100ms);
    EXPECT_TRUE(passed.empty());
    world.run_for(450ms);
    ASSERT_FALSE(reply.empty());
    EXPECT_EQ(code_in(reply), ResultCode::unavailable);
}

// Nothing here is no answer for a partition whose records are on another node.
TEST_F(Replicated, AQueryForAnUnknownSetIsSentToTheOtherNode) {
    others.access = Others::Access::elsewhere;
    const auto stream = scan_unknown_set();
    ASSERT_EQ(stream.failed_partitions.size(), 2u);
    EXPECT_EQ(stream.failed_partitions[0].id, 7u);
    EXPECT_EQ(stream.failed_partitions[1].id, 8u);
    EXPECT_EQ(stream.result, ResultCode::ok);
}

TEST_F(Replicated, AQueryForAnUnknownSetIsEmptyWhereThisNodeAnswers) {
    const auto stream = scan_unknown_set();
    EXPECT_TRUE(stream.records.empty());
    EXPECT_TRUE(stream.failed_partitions.empty());
    EXPECT_EQ(stream.result, ResultCode::ok);
}

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
