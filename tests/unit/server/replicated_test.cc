#include <gtest/gtest.h>

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
    Access may_write(PartitionId) const override { return access; }
    Access may_read(PartitionId) const override { return access; }
    uint64_t master(PartitionId) const override { return other_master; }
    bool wrote(partition::Partition&, const Written& written) override {
        tickets.push_back(written.ticket);
        return waits;
    }
    Access access = Access::ok;
    uint64_t other_master = 0;
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
        ASSERT_NE(peer.reader, nullptr);
        std::memcpy(peer.into.data(), frame.data(), frame.size());
        machine.loop(0).post([&, size = frame.size()] { std::exchange(peer.reader, nullptr)->on_read(size); });
        world.run_for(1ms);
    }
    /// A query for a set that no record here has.
    client::Stream scan_unknown_set() {
        const PartitionId partitions[] = {7, 8};
        Buffer frame;
        client::append_scan(frame, {.ns = "test", .set = "elsewhere", .partitions = partitions});
        connect();
        send(frame.bytes());
        client::Stream stream{.kind = client::StreamKind::query};
        for (Bytes rest = peer.got.bytes(); !rest.empty();) {
            const size_t size = wire::ProtoHeader::load(rest.data()).body_size;
            EXPECT_TRUE(client::decode_stream(rest.subspan(wire::kProtoHeaderSize, size), stream));
            rest = rest.subspan(wire::kProtoHeaderSize + size);
        }
        EXPECT_TRUE(stream.done);
        return stream;
    }
    /// Another node passes a write on to this one.
    void pass_here() {
        worker.accept(std::make_unique<PassedOn>(machine.loop(0), put_frame(), "B1",
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

}  // namespace
}  // namespace cairn::server
