#include "tests/unit/txn/desk.h"

namespace cairn::txn {
namespace {

TEST(DisallowExpunge, DeletesAreRefused) {
    auto settings = usual();
    settings.disallow_expunge = true;
    Desk desk(settings);
    desk.put(1, 1);
    EXPECT_EQ(desk.remove(1).result, ResultCode::forbidden);
    EXPECT_EQ(desk.get(1).result, ResultCode::ok);
}

TEST(DisallowExpunge, WritesThatEndARecordAreRefused) {
    auto settings = usual();
    settings.disallow_expunge = true;
    Desk desk(settings);
    desk.put(1, 1);
    EXPECT_EQ(desk.put(1, std::vector{client::Bin{"a", {}}}).result, ResultCode::forbidden);
    EXPECT_EQ(desk.get(1).result, ResultCode::ok);
}

/// Records of 100 kB that are taken under these shares of 16 MiB, and what then refuses more.
std::pair<uint64_t, partition::StopWrites> taken(uint32_t used_pct, uint32_t avail_pct) {
    auto settings = usual();
    settings.storage_engine.data_size_bytes = 16 << 20;
    settings.storage_engine.stop_writes_used_pct = used_pct;
    settings.storage_engine.stop_writes_avail_pct = avail_pct;
    Desk desk(settings);
    const std::string value(100'000, 'x');
    const client::Bin bins[] = {{"a", Value::blob(value)}};
    uint64_t key = 0;
    for (auto result = ResultCode::ok; result == ResultCode::ok && key < 1000; ++key) {
        Buffer frame;
        client::append_put(frame, {"test", "s", digest_of(key, static_cast<PartitionId>(key))}, bins);
        result = desk.run(frame).result;
    }
    return {key - 1, desk.ns.stopped_by()};
}

TEST(StopWritesAvailPct, CountsMemoryHeld) {
    const auto [count, by] = taken(/*used_pct=*/0, /*avail_pct=*/50);
    EXPECT_LE(count, 84u);  // of 16 MiB's half
    EXPECT_GE(count, 40u);
    EXPECT_EQ(by, partition::StopWrites::available);
}

TEST(StopWritesAvailPct, DefaultsLetUsedPctStopFirst) {
    EXPECT_EQ(taken(/*used_pct=*/70, /*avail_pct=*/5).second, partition::StopWrites::used);
}

/// The desk's requests as another cluster sends them.
client::Record run_as_xdr(Desk& desk, const Buffer& frame) {
    wire::Message message;
    EXPECT_TRUE(message.parse(frame.bytes().subspan(wire::kProtoHeaderSize)));
    auto header = message.header;
    header.info1 |= wire::info1::xdr;
    return desk.run(header, message);
}

TEST(Xdr, WritesThatAreRefusedAreCounted) {
    auto settings = usual();
    settings.reject_xdr_writes = true;
    Desk desk(settings);
    Buffer frame;
    client::append_delete(frame, desk.target(1));
    EXPECT_EQ(run_as_xdr(desk, frame).result, ResultCode::forbidden);
    desk.put(1, 1);
    EXPECT_EQ(desk.worker.counters[0].fail_xdr_forbidden.get(), 1u);
}

TEST(Xdr, WritesAreCountedApartToo) {
    Desk desk;
    desk.put(1, 1);
    Buffer frame;
    client::append_delete(frame, desk.target(1));
    run_as_xdr(desk, frame);
    run_as_xdr(desk, frame);
    const auto& counters = desk.worker.counters[0];
    EXPECT_EQ(counters.xdr_client_delete.success.get(), 1u);
    EXPECT_EQ(counters.xdr_client_delete.not_found.get(), 1u);
    EXPECT_EQ(counters.xdr_client_write.success.get(), 0u);
}

}  // namespace
}  // namespace cairn::txn
