#include "node/txn/read.h"

#include "tests/unit/txn/desk.h"

namespace cairn::txn {
namespace {

using client::Bin;

constexpr uint64_t kKey = 1;

class Read : public testing::Test {
protected:
    Read() { desk.put(kKey, {{"a", Value::integer(1)}, {"b", Value::text("x")}}); }
    client::Record with(uint8_t info1, std::vector<wire::Op> ops, uint8_t info2 = 0) {
        Buffer frame;
        client::append_operate(frame, desk.target(kKey), ops);
        wire::Message message;
        EXPECT_TRUE(message.parse(frame.bytes().subspan(wire::kProtoHeaderSize)));
        wire::MessageHeader header;
        header.info1 = info1;
        header.info2 = info2;
        return desk.run(header, message);
    }
    Desk desk;
};

TEST_F(Read, AllBinsComeInTheOrderTheyWereFirstWritten) {
    desk.put(kKey, {{"c", Value::integer(3)}, {"a", Value::integer(2)}});
    EXPECT_EQ(desk.get(kKey).bins,
              (std::vector<Bin>{{"a", Value::integer(2)}, {"b", Value::text("x")}, {"c", Value::integer(3)}}));
}
TEST_F(Read, MissingBinsAreLeftOut) {
    EXPECT_EQ(desk.get(kKey, {"b", "none"}).bins, (std::vector<Bin>{{"b", Value::text("x")}}));
    const auto none = desk.get(kKey, {"none"});
    EXPECT_EQ(none.result, ResultCode::ok);
    EXPECT_TRUE(none.bins.empty());
}
TEST_F(Read, MissingBinsAreNothingWhenAllAnswer) {
    EXPECT_EQ(
        with(wire::info1::read, {client::read_op("none"), client::read_op("a")}, wire::info2::respond_all_ops).bins,
        (std::vector<Bin>{{"none", {}}, {"a", Value::integer(1)}}));
}
TEST_F(Read, OfTheHeaderAloneHasNoBins) {
    const auto header = desk.exists(kKey);
    EXPECT_EQ(header.result, ResultCode::ok);
    EXPECT_EQ(header.generation, 1u);
    EXPECT_TRUE(header.bins.empty());
}
TEST_F(Read, OfAllOrOfNothingLooksAtNoOperation) {
    const Value value = Value::integer(1);
    EXPECT_EQ(with(wire::info1::read | wire::info1::no_bins, {client::write_op("a", value)}).result, ResultCode::ok);
    EXPECT_EQ(with(wire::info1::read | wire::info1::get_all, {client::write_op("a", value)}).bins.size(), 2u);
}
TEST_F(Read, WithoutOperationsOrWithWritesIsBad) {
    const Value value = Value::integer(1);
    EXPECT_EQ(with(wire::info1::read, {}).result, ResultCode::parameter);
    EXPECT_EQ(with(wire::info1::read, {client::write_op("a", value)}).result, ResultCode::parameter);
    const auto nothing = with(0, {client::read_op("a")});
    EXPECT_EQ(nothing.result, ResultCode::parameter);
    EXPECT_EQ(nothing.generation, 0u);
}
TEST_F(Read, ShowsWhatItFoundEvenInErrors) {
    desk.set = "t";
    const auto refused = desk.get(kKey);
    EXPECT_EQ(refused.result, ResultCode::parameter);
    EXPECT_EQ(refused.generation, 1u);
}
TEST_F(Read, ChecksAKeyThatIsStored) {
    const Value key = Value::text("k1"), other = Value::text("k2");
    desk.put(kKey, 1, {.key = &key});
    EXPECT_EQ(desk.operate(kKey, {client::read_op("a")}, {.key = &other}).result, ResultCode::key_mismatch);
    EXPECT_EQ(desk.operate(kKey, {client::read_op("a")}, {.key = &key}).result, ResultCode::ok);
}
TEST_F(Read, TransactionsNeedWhatIsNotHere) {
    wire::Message message;
    Buffer frame;
    client::append_get(frame, desk.target(kKey));
    ASSERT_TRUE(message.parse(frame.bytes().subspan(wire::kProtoHeaderSize)));
    for (const uint8_t info4 : {uint8_t(1), uint8_t(2), uint8_t(4)}) {
        EXPECT_EQ(desk.run({.info1 = 3, .info4 = info4}, message).result, ResultCode::enterprise_only);
    }
    EXPECT_EQ(desk.run({.info1 = 3, .info4 = 0x10}, message).result, ResultCode::ok);
}

TEST_F(Read, CountsItsOutcomes) {
    desk.get(kKey);
    desk.get(99);
    auto& reads = desk.worker.counters[0].of(Origin::client, Kind::read);
    EXPECT_EQ(reads.success.get(), 1u);
    EXPECT_EQ(reads.not_found.get(), 1u);
}

}  // namespace
}  // namespace cairn::txn
