#include "tests/unit/server/replicated_rig.h"

namespace cairn::server {
namespace {

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

}  // namespace
}  // namespace cairn::server
