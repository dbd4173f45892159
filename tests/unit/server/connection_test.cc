#include "node/server/connection.h"

#include <gtest/gtest.h>

#include "common/client/reply.h"
#include "common/client/request.h"
#include "common/log/memory_sink.h"
#include "common/wire/encode.h"
#include "node/server/worker.h"
#include "tests/sim/world.h"
#include "tests/unit/server/peer.h"

namespace cairn::server {
namespace {

Digest digest_of(uint8_t number) {
    Digest digest{};
    digest.bytes[2] = number;
    return digest;
}

/// One connection of a worker, with 250 records of a kilobyte in partition 0: twice what one step sends.
class ConnectionTest : public testing::Test {
protected:
    ConnectionTest() {
        worker.accept(std::make_unique<PeerSocket>(peer));
        const std::string value(1000, 'x');
        for (uint8_t key = 0; key < kRecords; ++key) {
            const client::Bin bins[] = {{"a", client::Value::blob(value)}};
            client::append_put(frame, {"test", "s", digest_of(key)}, bins);
        }
        send();
        peer.got.clear();
    }
    ~ConnectionTest() override {
        bool drained = false;
        machine.loop(0).post([&] { worker.drain([&] { drained = true; }); });
        EXPECT_TRUE(world.run_until([&] { return drained; }));
    }
    static std::shared_ptr<const NodeConfig> settings() {
        auto config = std::make_shared<NodeConfig>();
        config->namespaces.emplace_back().name = "test";
        return config;
    }
    /// Sends what is in `frame`, and lets the worker serve it.
    void send() {
        for (Bytes rest = frame.bytes(); !rest.empty();) {
            ASSERT_NE(peer.reader, nullptr);
            const size_t size = std::min(rest.size(), peer.into.size());
            std::memcpy(peer.into.data(), rest.data(), size);
            rest = rest.subspan(size);
            machine.loop(0).post([&, size] { std::exchange(peer.reader, nullptr)->on_read(size); });
            world.run_for(1ms);
        }
        frame.clear();
    }
    void read_on() {
        peer.takes = SIZE_MAX;
        machine.loop(0).post([&] { std::exchange(peer.writer, nullptr)->on_writable(); });
        world.run_for(1ms);
    }
    void append_short_query(uint32_t timeout_ms) {
        const PartitionId partitions[] = {0};
        client::append_scan(frame, {.ns = "test", .set = "s", .partitions = partitions});
        uint8_t* header = frame.data() + wire::kProtoHeaderSize;
        header[1] |= wire::info1::short_query;
        store_be(header + 14, timeout_ms);
    }
    void append_reads() {
        std::vector<Digest> digests;
        for (uint8_t key = 0; key < kRecords; ++key) digests.push_back(digest_of(key));
        client::append_batch_get(frame, "test", "s", digests);
    }
    /// Calls `f` of the script `m`: of one record, or of all in the background.
    void append_call(std::optional<Digest> digest) {
        wire::FrameWriter writer(frame, wire::FrameType::message);
        wire::UnitWriter unit(frame);
        unit.field(wire::FieldType::ns, as_bytes("test"));
        if (digest) unit.field(wire::FieldType::digest, digest->bytes);
        unit.field(wire::FieldType::udf_package, as_bytes("m"));
        unit.field(wire::FieldType::udf_function, as_bytes("f"));
        unit.finish({.info2 = wire::info2::write});
        writer.finish();
    }
    /// What the query in `peer.got` ended with.
    ResultCode query_result() const {
        client::Stream stream{.kind = client::StreamKind::query};
        for (Bytes rest = peer.got.bytes(); !rest.empty();) {
            const size_t size = wire::ProtoHeader::load(rest.data()).body_size;
            EXPECT_TRUE(client::decode_stream(rest.subspan(wire::kProtoHeaderSize, size), stream));
            rest = rest.subspan(wire::kProtoHeaderSize + size);
        }
        EXPECT_TRUE(stream.done);
        return stream.result;
    }
    const txn::NamespaceCounters& counters() { return worker.commands().counters[0]; }

    static constexpr uint8_t kRecords = 250;
    sim::World world{1};
    sim::SimMachine& machine = world.machine("node", 1);
    log::MemorySink lines;
    log::Logger logger{log::Format::text, log::Level::warning, lines};
    State state{{}, settings(), 1, logger, 0s};
    Silent info;
    Peer peer;
    Buffer frame;
    Worker worker{state, info, machine.loop(0), 1};
};

TEST_F(ConnectionTest, ShortQueriesAreCountedAsShort) {
    append_short_query(0);
    send();
    EXPECT_EQ(query_result(), ResultCode::ok);
    EXPECT_EQ(counters().pi_query_short_basic_complete.get(), 1u);
    EXPECT_EQ(counters().pi_query_long_basic_complete.get(), 0u);
}

TEST_F(ConnectionTest, RefusedShortQueryIsAnErrorOfTheShortOnes) {
    append_short_query(0);
    frame.data()[wire::kProtoHeaderSize + 3] = 0;  // info3: no partitions
    send();
    EXPECT_EQ(counters().pi_query_short_basic_error.get(), 1u);
}

TEST_F(ConnectionTest, ShortQueryEndsAtTransactionMaxMs) {
    append_short_query(0);
    peer.takes = 0;
    send();
    world.run_for(1100ms);
    read_on();
    EXPECT_EQ(query_result(), ResultCode::timeout);
    EXPECT_EQ(counters().pi_query_short_basic_timeout.get(), 1u);
}

TEST_F(ConnectionTest, ShortQueryMayTakeAsLongAsItsClientSays) {
    append_short_query(5000);
    peer.takes = 0;
    send();
    world.run_for(1100ms);
    read_on();
    EXPECT_EQ(query_result(), ResultCode::ok);
}

TEST_F(ConnectionTest, QueryThatIsNotReadWithinItsSocketTimeoutIsAnError) {
    append_short_query(60'000);
    peer.takes = 0;
    send();
    world.run_for(29s);
    EXPECT_EQ(state.open_connections.load(), 1u);
    world.run_for(3s);
    EXPECT_EQ(state.open_connections.load(), 0u);
    EXPECT_EQ(counters().pi_query_short_basic_error.get(), 1u);
}

TEST_F(ConnectionTest, RefusedBackgroundQueryIsCounted) {
    wire::FrameWriter writer(frame, wire::FrameType::message);
    wire::UnitWriter unit(frame);
    unit.field(wire::FieldType::ns, as_bytes("test"));
    unit.finish({.info2 = wire::info2::write});  // no operation
    writer.finish();
    send();
    EXPECT_EQ(counters().pi_query_ops_bg.error.get(), 1u);
}

TEST_F(ConnectionTest, FunctionsInTheBackgroundAreCountedApart) {
    append_call({});
    frame.data()[wire::kProtoHeaderSize + 1] = wire::info1::short_query;  // refused
    send();
    EXPECT_EQ(counters().pi_query_udf_bg.error.get(), 1u);
    EXPECT_EQ(counters().pi_query_ops_bg.error.get(), 0u);
}

TEST_F(ConnectionTest, RefusedQueryOverASecondaryIndexIsAnErrorOfThose) {
    wire::FrameWriter writer(frame, wire::FrameType::message);
    wire::UnitWriter unit(frame);
    unit.field(wire::FieldType::ns, as_bytes("test"));
    unit.field(wire::FieldType::index_range, as_bytes("x"));
    unit.finish({.info1 = wire::info1::read, .info3 = wire::info3::partition_done});
    writer.finish();
    send();
    EXPECT_EQ(counters().si_query_long_basic_error.get(), 1u);
    EXPECT_EQ(counters().pi_query_long_basic_error.get(), 0u);
}

TEST_F(ConnectionTest, CallsOfFunctionsHaveLatenciesOfTheirOwn) {
    append_call(digest_of(0));
    send();
    EXPECT_EQ(counters().udf_latency.snapshot().count(), 1u);
    EXPECT_EQ(counters().write_latency.snapshot().count(), kRecords);
}

TEST_F(ConnectionTest, BatchThatWaitsForItsReaderIsDelayed) {
    append_reads();
    send();
    EXPECT_EQ(worker.counters().batch_index_delay.get(), 0u);
    append_reads();
    peer.takes = 5000;
    send();
    EXPECT_EQ(worker.counters().batch_index_delay.get(), 1u);
    read_on();
    EXPECT_EQ(worker.counters().batch_index_complete.get(), 2u);
}

TEST_F(ConnectionTest, BatchThatIsNeverReadTimesOut) {
    append_reads();
    peer.takes = 0;
    send();
    world.run_for(12s);
    EXPECT_EQ(state.open_connections.load(), 0u);
    EXPECT_EQ(worker.counters().batch_index_timeout.get(), 1u);
    EXPECT_EQ(worker.counters().batch_index_error.get(), 0u);
}

TEST_F(ConnectionTest, BatchThatARowEndsIsAnError) {
    const client::BatchRow rows[] = {{.digest = digest_of(0), .kind = client::BatchRow::Kind::write}};
    client::append_batch(frame, "test", "s", rows);
    frame.data()[wire::kProtoHeaderSize + wire::kMessageHeaderSize + 9] = 0;  // not all keys
    send();
    EXPECT_EQ(worker.counters().batch_index_error.get(), 1u);
    EXPECT_EQ(worker.counters().batch_index_complete.get(), 0u);
}

TEST_F(ConnectionTest, LatenciesOfABatchCountItsRowsByKind) {
    append_reads();
    send();
    EXPECT_EQ(counters().batch_sub_read_latency.snapshot().count(), kRecords);
    const client::BatchRow rows[] = {{.digest = digest_of(0), .kind = client::BatchRow::Kind::remove},
                                     {.digest = digest_of(1)}};
    client::append_batch(frame, "test", "s", rows);
    send();
    EXPECT_EQ(counters().batch_sub_read_latency.snapshot().count(), kRecords + 1u);
    EXPECT_EQ(counters().batch_sub_write_latency.snapshot().count(), 1u);
}

}  // namespace
}  // namespace cairn::server
