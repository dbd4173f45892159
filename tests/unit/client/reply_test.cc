#include "common/client/reply.h"

#include <gtest/gtest.h>

#include "common/wire/encode.h"

namespace cairn::client {
namespace {

Buffer unit(wire::MessageHeader header, std::span<const Bin> bins = {}) {
    Buffer out;
    wire::UnitWriter writer(out);
    for (const auto& bin : bins) {
        writer.op(wire::OpCode::read, bin.value.type, bin.name, as_bytes(bin.value.bytes));
    }
    writer.finish(header);
    return out;
}

Buffer joined(std::initializer_list<Buffer> parts) {
    Buffer all;
    for (const auto& part : parts) all.append(part.bytes());
    return all;
}

TEST(Reply, RecordHasBinsGenerationAndVoidTime) {
    const Bin bins[] = {{"a", Value::integer(7)}, {"s", Value::text("seven")}};
    const auto record = decode_record(unit({.generation = 3, .record_ttl = 99}, bins).bytes());
    ASSERT_TRUE(record);
    EXPECT_EQ(record->generation, 3u);
    EXPECT_EQ(record->void_time, 99u);
    EXPECT_EQ(record->find("a")->as_integer(), 7);
    EXPECT_EQ(*record->find("s"), Value::text("seven"));
    EXPECT_EQ(record->find("b"), nullptr);
}

TEST(Reply, BytesAfterTheMessageAreAnError) {
    const auto two = joined({unit({}), unit({})});
    EXPECT_FALSE(decode_record(two.bytes()));
}

TEST(Reply, ARowThatFailedDoesNotEndABatch) {
    const auto body = joined({unit({.result = ResultCode::not_found, .timeout_ms = 1}), unit({.timeout_ms = 0})});
    Stream stream{.kind = StreamKind::batch};
    ASSERT_TRUE(decode_stream(body.bytes(), stream));
    EXPECT_FALSE(stream.done);
    ASSERT_EQ(stream.records.size(), 2u);
    EXPECT_EQ(stream.records[0].row, 1u);
    EXPECT_EQ(stream.records[0].result, ResultCode::not_found);
}

TEST(Reply, APlainErrorEndsAQuery) {
    Stream stream{.kind = StreamKind::query};
    ASSERT_TRUE(decode_stream(unit({.result = ResultCode::parameter}).bytes(), stream));
    EXPECT_TRUE(stream.done);
    EXPECT_EQ(stream.result, ResultCode::parameter);
}

TEST(Reply, RefusedPartitionsAreNamed) {
    const auto body =
        joined({unit({.info3 = wire::info3::partition_done, .result = ResultCode::unavailable, .generation = 6}),
                unit({.info3 = wire::info3::last})});
    Stream stream{.kind = StreamKind::query};
    ASSERT_TRUE(decode_stream(body.bytes(), stream));
    EXPECT_TRUE(stream.done);
    ASSERT_EQ(stream.failed_partitions.size(), 1u);
    EXPECT_EQ(stream.failed_partitions[0].id, 6);
    EXPECT_EQ(stream.failed_partitions[0].result, ResultCode::unavailable);
}

TEST(Reply, NothingMayFollowTheLastUnit) {
    Stream stream;
    EXPECT_FALSE(decode_stream(joined({unit({.info3 = wire::info3::last}), unit({})}).bytes(), stream));
}

TEST(UnitWalk, StepsOverBins) {
    const Bin bins[] = {{"a", Value::integer(7)}, {"s", Value::text("seven")}};
    const auto body = joined({unit({.generation = 1}, bins), unit({.info3 = wire::info3::last})});
    UnitWalk walk(body.bytes());
    ASSERT_TRUE(walk.next());
    EXPECT_EQ(walk.header().generation, 1u);
    ASSERT_TRUE(walk.next());
    EXPECT_EQ(walk.header().info3, wire::info3::last);
    EXPECT_FALSE(walk.next());
    EXPECT_FALSE(walk.broken());
}

TEST(UnitWalk, TellsWhenAUnitIsCutShort) {
    const Bin bins[] = {{"a", Value::integer(7)}};
    const auto body = unit({}, bins);
    for (size_t size = 1; size < body.size(); ++size) {
        UnitWalk walk(body.bytes().first(size));
        EXPECT_FALSE(walk.next()) << size;
        EXPECT_TRUE(walk.broken()) << size;
    }
}

}  // namespace
}  // namespace cairn::client
