#include "node/txn/operations.h"

#include "tests/unit/txn/desk.h"

namespace cairn::txn {
namespace {

using client::Bin;
using client::read_op;
using client::write_op;
using wire::Particle;

constexpr uint64_t kKey = 1;

wire::Op op(wire::OpCode code, std::string_view bin, const Value& value) {
    return {code, value.type, bin, as_bytes(value.bytes)};
}

TEST(Operate, ReadsSeeWhatWasWrittenBefore) {
    Desk desk;
    desk.put(kKey, 1);
    const Value two = Value::integer(2);
    const auto reply = desk.operate(kKey, {read_op("a"), write_op("a", two), read_op("a")});
    EXPECT_EQ(reply.bins, (std::vector<Bin>{{"a", Value::integer(1)}, {"a", two}}));
    EXPECT_EQ(reply.generation, 2u);
}

TEST(Operate, OnlyReadsAnswerUnlessAllAreAsked) {
    Desk desk;
    desk.put(kKey, 1);
    const Value two = Value::integer(2);
    const std::vector<wire::Op> ops{client::add_op("a", two), read_op("none"), client::touch_op(), write_op("b", two),
                                    read_op("a")};
    EXPECT_EQ(desk.operate(kKey, ops).bins, (std::vector<Bin>{{"a", Value::integer(3)}}));
    // A touch never answers.
    EXPECT_EQ(desk.operate(kKey, ops, {.respond_all_ops = true}).bins,
              (std::vector<Bin>{{"a", {}}, {"none", {}}, {"b", {}}, {"a", Value::integer(5)}}));
}

TEST(Operate, ReadingAllGoesWithWritesThatAnswerNothing) {
    Desk desk;
    desk.put(kKey, 1);
    const Value two = Value::integer(2);
    EXPECT_EQ(desk.operate(kKey, {write_op("b", two), read_op("")}).bins,
              (std::vector<Bin>{{"a", Value::integer(1)}, {"b", two}}));
}

TEST(Operate, ReadingAllGoesWithNothingElseThatAnswers) {
    Desk desk;
    desk.put(kKey, 1);
    const Value two = Value::integer(2);
    const auto run = [&](std::vector<wire::Op> ops, client::WriteOptions options = {}) {
        return desk.operate(kKey, ops, options).result;
    };
    EXPECT_EQ(run({write_op("b", two), read_op(""), read_op("a")}), ResultCode::parameter);
    EXPECT_EQ(run({write_op("b", two), read_op(""), read_op("")}), ResultCode::parameter);
    EXPECT_EQ(run({write_op("b", two), read_op("")}, {.respond_all_ops = true}), ResultCode::parameter);
}

TEST(Operate, ReadsNeedTheReadFlagAndAllNeedsAReadOfAll) {
    Desk desk;
    desk.put(kKey, 1);
    const auto run = [&](std::vector<wire::Op> ops, uint8_t info1) {
        Buffer frame;
        client::append_operate(frame, desk.target(kKey), ops);
        wire::Message message;
        EXPECT_TRUE(message.parse(frame.bytes().subspan(wire::kProtoHeaderSize)));
        wire::MessageHeader header = message.header;
        header.info1 = info1;
        return desk.run(header, message).result;
    };
    const Value two = Value::integer(2);
    EXPECT_EQ(run({write_op("b", two), read_op("a")}, 0), ResultCode::parameter);
    EXPECT_EQ(run({write_op("b", two)}, wire::info1::read | wire::info1::get_all), ResultCode::parameter);
    EXPECT_EQ(run({write_op("b", two)}, wire::info1::read), ResultCode::ok);
}

TEST(Operate, ReplacingForbidsOperationsOnWhatWasThere) {
    Desk desk;
    desk.put(kKey, 1);
    const Value two = Value::integer(2);
    const Value none;
    for (const wire::Op& each : {client::add_op("a", two), client::append_op("a", two), client::touch_op(),
                                 client::delete_all_op(), write_op("a", none)}) {
        EXPECT_EQ(desk.operate(kKey, {write_op("b", two), each}, {.exists = Exists::replace}).result,
                  ResultCode::parameter)
            << int(each.code);
    }
}

TEST(Operate, ATouchNeedsARecordAndMakesAGeneration) {
    Desk desk;
    EXPECT_EQ(desk.operate(kKey, {client::touch_op()}).result, ResultCode::not_found);
    desk.put(kKey, 1);
    EXPECT_EQ(desk.operate(kKey, {client::touch_op()}).generation, 2u);
}

TEST(Operate, DeletingAllLeavesWhatIsWrittenAfter) {
    Desk desk;
    desk.put(kKey, 1);
    const Value two = Value::integer(2);
    desk.operate(kKey, {write_op("c", two), client::delete_all_op(), write_op("b", two)});
    EXPECT_EQ(desk.get(kKey).bins, (std::vector<Bin>{{"b", two}}));
    EXPECT_EQ(desk.operate(kKey, {client::delete_all_op()}).generation, 0u);
    EXPECT_EQ(desk.get(kKey).result, ResultCode::not_found);
}

TEST(Operate, BinNamesHaveAtMost15Bytes) {
    Desk desk;
    EXPECT_EQ(desk.put(kKey, {{"123456789012345", Value::integer(1)}}).result, ResultCode::ok);
    EXPECT_EQ(desk.put(kKey, {{"1234567890123456", Value::integer(1)}}).result, ResultCode::bin_name);
    EXPECT_EQ(desk.get(kKey, {"1234567890123456"}).result, ResultCode::bin_name);
    EXPECT_EQ(desk.put(kKey, {{std::string_view("a\0b", 3).data(), Value::integer(1)}}).result, ResultCode::ok);
    EXPECT_EQ(desk.put(kKey, {{std::string("a\0b", 3), Value::integer(1)}}).result, ResultCode::bin_name);
}

TEST(Operate, AWriteWithoutOperationsIsRefused) {
    Desk desk;
    EXPECT_EQ(desk.put(kKey, std::vector<Bin>{}).result, ResultCode::parameter);
}

TEST(Operate, ARecordHasAtMost32767Bins) {
    Desk desk;
    std::vector<Bin> bins;
    for (int i = 0; i < 32767; ++i) bins.push_back({"b" + std::to_string(i), Value::integer(1)});
    EXPECT_EQ(desk.put(kKey, bins).result, ResultCode::ok);
    EXPECT_EQ(desk.put(kKey, {{"more", Value::integer(1)}}).result, ResultCode::parameter);
    EXPECT_EQ(desk.put(kKey, {{"b7", Value::integer(2)}}).result, ResultCode::ok);
}

// Arithmetic.

TEST(Add, IntegersWrapAround) {
    Desk desk;
    const Value one = Value::integer(1);
    desk.put(kKey, INT64_MAX);
    desk.operate(kKey, {client::add_op("a", one)});
    EXPECT_EQ(desk.get(kKey).find("a")->as_integer(), INT64_MIN);
    const Value minus = Value::integer(-1);
    desk.operate(kKey, {client::add_op("a", minus)});
    EXPECT_EQ(desk.get(kKey).find("a")->as_integer(), INT64_MAX);
}

TEST(Add, FloatsAdd) {
    Desk desk;
    desk.put(kKey, {{"f", Value::real(1.5)}});
    const Value more = Value::real(2.25);
    desk.operate(kKey, {client::add_op("f", more)});
    EXPECT_EQ(desk.get(kKey).find("f")->as_real(), 3.75);
}

TEST(Add, AnAbsentBinBecomesTheOperandOfWhateverType) {
    Desk desk;
    const Value text = Value::text("t");
    EXPECT_EQ(desk.operate(kKey, {client::add_op("b", text)}).result, ResultCode::ok);
    EXPECT_EQ(*desk.get(kKey).find("b"), text);
}

// Types that meet: what a bin holds, what an operand is, what comes of it.

struct Meeting {
    Value bin, operand;
    ResultCode add, append;
};
TEST(Types, AddNeedsTheSameNumberAndAppendTheSameString) {
    const Value integer = Value::integer(1), real = Value::real(1), text = Value::text("t"), blob = Value::blob("b"),
                boolean = Value::boolean(true), python{Particle::python_blob, "p"},
                list{Particle::list, std::string("\x90", 1)},
                geo{Particle::geojson, std::string("\0\0\0", 3) + R"({"type":"Point","coordinates":[1,2]})"};
    constexpr auto kOk = ResultCode::ok, kNo = ResultCode::incompatible_type, kError = ResultCode::server_error;
    const Meeting meetings[] = {{integer, integer, kOk, kNo}, {integer, real, kNo, kNo},  {real, integer, kNo, kNo},
                                {real, real, kOk, kNo},       {text, integer, kNo, kNo},  {text, text, kNo, kOk},
                                {text, blob, kNo, kNo},       {blob, text, kNo, kNo},     {blob, blob, kNo, kOk},
                                {blob, python, kNo, kNo},     {python, python, kNo, kOk}, {boolean, boolean, kNo, kNo},
                                {boolean, integer, kNo, kNo}, {list, list, kNo, kNo},     {list, text, kNo, kNo},
                                {geo, geo, kError, kError},   {integer, text, kNo, kNo}};
    for (const auto& [bin, operand, add, append] : meetings) {
        Desk desk;
        ASSERT_EQ(desk.put(kKey, {{"a", bin}}).result, kOk) << int(bin.type);
        const std::string what = std::to_string(int(bin.type)) + " with " + std::to_string(int(operand.type));
        EXPECT_EQ(desk.operate(kKey, {op(wire::OpCode::append, "a", operand)}).result, append) << "append " << what;
        ASSERT_EQ(desk.put(kKey, {{"a", bin}}).result, kOk);
        EXPECT_EQ(desk.operate(kKey, {op(wire::OpCode::prepend, "a", operand)}).result, append) << "prepend " << what;
        ASSERT_EQ(desk.put(kKey, {{"a", bin}}).result, kOk);
        EXPECT_EQ(desk.operate(kKey, {op(wire::OpCode::incr, "a", operand)}).result, add) << "add " << what;
    }
}

TEST(Types, AppendingAndPrependingJoinInOrder) {
    Desk desk;
    const Value x = Value::text("x"), y = Value::text("y");
    desk.put(kKey, {{"t", Value::text("-")}});
    desk.operate(kKey, {client::append_op("t", x), client::prepend_op("t", y), client::append_op("t", y)});
    EXPECT_EQ(desk.get(kKey).find("t")->bytes, "y-xy");
}

TEST(Types, OperationsThatDoNotExistAreBadAndThoseNotServedSaySo) {
    Desk desk;
    desk.put(kKey, 1);
    const Value value = Value::blob("v");
    EXPECT_EQ(desk.operate(kKey, {op(static_cast<wire::OpCode>(99), "a", value)}).result, ResultCode::parameter);
    EXPECT_EQ(desk.get(kKey).generation, 1u);
}

}  // namespace
}  // namespace cairn::txn
