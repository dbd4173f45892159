#include "common/client/request.h"

#include <gtest/gtest.h>

#include "common/client/key.h"
#include "common/wire/proto.h"

namespace cairn::client {
namespace {

std::string hex(const Buffer& out) { return to_hex(out.bytes()); }

Target k1() { return {"test", "demo", Digester::create()->digest("demo", Value::text("k1"))}; }

/// A frame's request, parsed by the server's own reader.
wire::Message parsed(const Buffer& out) {
    wire::Message message;
    const auto header = wire::ProtoHeader::load(out.data());
    EXPECT_TRUE(header.valid());
    EXPECT_EQ(header.body_size, out.size() - wire::kProtoHeaderSize);
    EXPECT_TRUE(message.parse(out.bytes().subspan(wire::kProtoHeaderSize)));
    return message;
}

TEST(Request, GetNamesTheRecordByNamespaceSetAndDigest) {
    Buffer out;
    append_get(out, k1());
    EXPECT_EQ(hex(out),
              "0203000000000041"
              "16030000000000000000000000000000000000030000"
              "000000050074657374"
              "000000050164656D6F"
              "0000001504B747F5854D0B33259928D0CFAB7FAD81D6ABFBF6");
}

TEST(Request, GetOfSomeBinsDoesNotAskForAll) {
    Buffer out;
    const std::string_view bins[] = {"a", "b"};
    append_get(out, k1(), bins);
    const auto message = parsed(out);
    EXPECT_EQ(message.header.info1, wire::info1::read);
    EXPECT_EQ(message.ops.count(), 2);
}

TEST(Request, AnEmptySetIsNotSent) {
    Buffer out;
    append_exists(out, {"test", "", {}});
    EXPECT_FALSE(parsed(out).fields.has(wire::FieldType::set));
}

TEST(Request, PutCarriesBinsTtlAndKey) {
    Buffer out;
    const Bin bins[] = {{"a", Value::integer(5)}};
    const auto key = Value::text("k1");
    append_put(out, k1(), bins, {.ttl = 50, .key = &key});
    const auto message = parsed(out);
    EXPECT_EQ(message.header.info2, wire::info2::write);
    EXPECT_EQ(message.header.record_ttl, 50u);
    EXPECT_EQ(to_hex(message.fields[wire::FieldType::key]), "036B31");
    const auto op = *message.ops.begin();
    EXPECT_EQ(op.code, wire::OpCode::write);
    EXPECT_EQ(op.name, "a");
    EXPECT_EQ(to_hex(op.value), "0000000000000005");
}

TEST(Request, WriteConditionsBecomeFlags) {
    Buffer out;
    append_delete(out, k1(), {.generation = uint16_t{3}, .durable_delete = true});
    const auto header = parsed(out).header;
    EXPECT_EQ(header.info2,
              wire::info2::write | wire::info2::del | wire::info2::generation | wire::info2::durable_delete);
    EXPECT_EQ(header.generation, 3u);
}

TEST(Request, OperateReadsAndWritesByItsOperations) {
    Buffer out;
    const auto one = Value::integer(1);
    const wire::Op ops[] = {add_op("n", one), read_op("n")};
    append_operate(out, k1(), ops);
    const auto header = parsed(out).header;
    EXPECT_EQ(header.info1, wire::info1::read);
    EXPECT_EQ(header.info2, wire::info2::write);
}

TEST(Request, OperateReadOfAllBinsSetsGetAll) {
    Buffer out;
    const wire::Op ops[] = {read_op("")};
    append_operate(out, k1(), ops);
    EXPECT_EQ(parsed(out).header.info1, wire::info1::read | wire::info1::get_all);
}

// The rows after the first as the official clients write them: index, digest, repeat flag.
// clang-format off: one line for each part of the frame
TEST(Request, BatchGetRepeatsTheFirstRowsHeader) {
    Buffer out;
    const Digest digests[2] = {};
    append_batch_get(out, "test", "demo", digests);
    const std::string zero(40, '0');
    EXPECT_EQ(hex(out),
              "020300000000006F"
              "16080000000000000000000000000000000000010000"
              "00000055" "29" "00000002" "0D"
              "00000000" + zero + "0A" "030000" "00000000" "0002" "0000" "000000050074657374" "000000050164656D6F"
              "00000001" + zero + "01");
}

TEST(Request, BatchWriteRowsCarryGenerationAndTtl) {
    Buffer out;
    const auto one = Value::integer(1);
    const wire::Op ops[] = {write_op("a", one)};
    const BatchRow rows[] = {
        {.digest = {}, .kind = BatchRow::Kind::write, .ops = ops, .options = {.ttl = 50, .respond_all_ops = true}}};
    append_batch(out, "test", "demo", rows);
    const auto data = parsed(out).fields[wire::FieldType::batch];
    EXPECT_EQ(to_hex(data.subspan(5 + 4 + 20)),
              "0E" "008100" "0000" "00000032" "0002" "0001" "000000050074657374" "000000050164656D6F"
              "0000000D" "02010001" "61" "0000000000000001");
}

// clang-format on
TEST(Request, ScanNamesPartitionsLittleEndianAndAsksForFailedOnesOnly) {
    Buffer out;
    const PartitionId partitions[] = {5, 6, 4095};
    append_scan(out, {.ns = "test", .partitions = partitions, .no_bins = true, .records_max = 10});
    const auto message = parsed(out);
    EXPECT_EQ(message.header.info1, wire::info1::read | wire::info1::no_bins);
    EXPECT_EQ(message.header.info3, wire::info3::partition_done);
    EXPECT_EQ(to_hex(message.fields[wire::FieldType::pid_array]), "05000600FF0F");
    EXPECT_EQ(to_hex(message.fields[wire::FieldType::max_records]), "000000000000000A");
    EXPECT_FALSE(message.fields.has(wire::FieldType::set));
}

TEST(Request, InfoIsOneNameALine) {
    Buffer out;
    const std::string_view names[] = {"node", "build"};
    append_info(out, names);
    EXPECT_EQ(hex(out), "020100000000000B6E6F64650A6275696C640A");
}

}  // namespace
}  // namespace cairn::client
