#include "node/txn/filter.h"

#include "node/txn/batch.h"
#include "tests/unit/record/hex.h"
#include "tests/unit/txn/desk.h"

namespace cairn::txn {
namespace {

using client::Bin;
using wire::FieldType;
using wire::OpCode;
using wire::Particle;

constexpr std::string_view kAboveFive = "93 03 93 51 02 A161 05";  // a > 5
constexpr std::string_view kBad = "93 03 01";

class FilterTest : public testing::Test {
protected:
    FilterTest() {
        desk.put(1, 1);
        desk.put(7, 7);
    }
    /// Sends a request with a filter, in hex.
    client::Record send(const Buffer& frame, std::string_view filter) {
        const auto source = from_hex(filter);
        wire::Message message;
        EXPECT_TRUE(message.parse(frame.bytes().subspan(wire::kProtoHeaderSize)));
        message.fields.set(FieldType::filter, source);
        return desk.run(message.header, message);
    }
    client::Record get(uint64_t key, std::string_view filter) {
        Buffer frame;
        client::append_get(frame, desk.target(key), {});
        return send(frame, filter);
    }
    client::Record put(uint64_t key, std::string_view filter) {
        Buffer frame;
        const std::vector<Bin> bins{{"a", Value::integer(9)}};
        client::append_put(frame, desk.target(key), bins, {});
        return send(frame, filter);
    }
    client::Record remove(uint64_t key, std::string_view filter) {
        Buffer frame;
        client::append_delete(frame, desk.target(key), {});
        return send(frame, filter);
    }
    client::Record operate(uint64_t key, std::vector<wire::Op> ops) { return desk.operate(key, std::move(ops)); }

    Desk desk;
};

TEST_F(FilterTest, ReadsWhatPasses) {
    EXPECT_EQ(get(7, kAboveFive).result, ResultCode::ok);
    const auto refused = get(1, kAboveFive);
    EXPECT_EQ(refused.result, ResultCode::filtered_out);
    EXPECT_EQ(refused.generation, 1u);
    EXPECT_EQ(get(2, kAboveFive).result, ResultCode::not_found);
}

TEST_F(FilterTest, ABadOneMattersOnlyWhereThereIsARecord) {
    EXPECT_EQ(get(1, kBad).result, ResultCode::parameter);
    EXPECT_EQ(get(2, kBad).result, ResultCode::not_found);
    EXPECT_EQ(put(2, kBad).result, ResultCode::ok);
    EXPECT_EQ(put(2, kBad).result, ResultCode::parameter);
}

TEST_F(FilterTest, WritesAndDeletesWhatPasses) {
    EXPECT_EQ(put(1, kAboveFive).result, ResultCode::filtered_out);
    EXPECT_EQ(put(7, kAboveFive).result, ResultCode::ok);
    EXPECT_EQ(put(3, kAboveFive).result, ResultCode::ok);  // a record that is not there passes
    EXPECT_EQ(remove(1, kAboveFive).result, ResultCode::filtered_out);
    EXPECT_EQ(remove(7, kAboveFive).result, ResultCode::ok);
    EXPECT_EQ(desk.get(1).result, ResultCode::ok);
    EXPECT_EQ(desk.get(7).result, ResultCode::not_found);
}

TEST_F(FilterTest, MetadataDecidesBeforeTheRecordIsRead) {
    const auto decided = [&](std::string_view text, bool whole = false) {
        const auto source = from_hex(text);
        Filter filter;
        filter.compile(source);
        record::Head head{};  // no body
        head.digest = digest_of(1);
        head.void_time = 1;
        return check_metadata(&filter, desk.ns, desk.worker, head, whole);
    };
    EXPECT_EQ(decided("93 01 91 46 A103"), ResultCode::ok);            // the set's name is empty
    EXPECT_EQ(decided("93 01 91 44 FF"), ResultCode::filtered_out);     // it does not live for ever
    EXPECT_EQ(decided("91 00"), ResultCode::filtered_out);              // unknown, and the record could not help
    EXPECT_EQ(decided(kAboveFive), std::nullopt);
    EXPECT_EQ(decided("93 10 93 03 93 51 02 A161 05 93 01 91 44 FF"), ResultCode::filtered_out);  // and
    EXPECT_EQ(decided("93 10 93 03 93 51 02 A161 05 93 01 91 44 FF", true), std::nullopt);
    EXPECT_EQ(decided(kBad), ResultCode::parameter);
    EXPECT_EQ(check_metadata(nullptr, desk.ns, desk.worker, record::Head{}, false), ResultCode::ok);
}

TEST_F(FilterTest, IsCounted) {
    get(1, kAboveFive);
    EXPECT_EQ(desk.worker.counters[0].of(Origin::client, Kind::read).filtered_out.get(), 1u);
}

TEST_F(FilterTest, ExpressionsAreReadAmongBins) {
    const auto plus_two = from_hex("92 93 14 93 51 02 A161 02 00");
    const auto reply = operate(7, {{OpCode::exp_read, Particle::blob, "r", plus_two}});
    ASSERT_EQ(reply.result, ResultCode::ok);
    ASSERT_EQ(reply.bins.size(), 1u);
    EXPECT_EQ(reply.bins[0].name, "r");
    EXPECT_EQ(reply.bins[0].value, Value::integer(9));
}

TEST_F(FilterTest, ExpressionsAreWrittenToBins) {
    const auto plus_two = from_hex("92 93 14 93 51 02 A161 02 00");
    EXPECT_EQ(operate(7, {{OpCode::exp_modify, Particle::blob, "r", plus_two}}).result, ResultCode::ok);
    EXPECT_EQ(desk.get(7, {"r"}).bins[0].value, Value::integer(9));
    // Operations see what those before them did.
    operate(7,
            {{OpCode::exp_modify, Particle::blob, "a", plus_two}, {OpCode::exp_modify, Particle::blob, "a", plus_two}});
    EXPECT_EQ(desk.get(7, {"a"}).bins[0].value, Value::integer(11));
}

TEST_F(FilterTest, ExpressionsWithoutAnAnswer) {
    const auto missing = from_hex("92 93 51 02 A178 00");
    const auto missing_lenient = from_hex("92 93 51 02 A178 10");
    EXPECT_EQ(operate(7, {{OpCode::exp_read, Particle::blob, "r", missing}}).result, ResultCode::op_not_applicable);
    EXPECT_EQ(operate(7, {{OpCode::exp_read, Particle::blob, "r", missing_lenient}}).result, ResultCode::ok);
    EXPECT_EQ(operate(7, {{OpCode::exp_modify, Particle::blob, "r", missing}}).result, ResultCode::op_not_applicable);
    EXPECT_EQ(operate(7, {{OpCode::exp_modify, Particle::blob, "r", missing_lenient}}).result, ResultCode::ok);
}

TEST_F(FilterTest, FlagsOfExpressionsThatWrite) {
    const auto code = [&](std::string_view bin, std::string_view payload) {
        const auto bytes = from_hex(payload);
        return operate(7, {{OpCode::exp_modify, Particle::blob, bin, bytes}}).result;
    };
    EXPECT_EQ(code("a", "92 05 01"), ResultCode::bin_exists);
    EXPECT_EQ(code("a", "92 05 09"), ResultCode::ok);
    EXPECT_EQ(desk.get(7, {"a"}).bins[0].value, Value::integer(7));
    EXPECT_EQ(code("x", "92 05 02"), ResultCode::bin_not_found);
    EXPECT_EQ(code("x", "92 05 20"), ResultCode::parameter);
    EXPECT_EQ(code("x", "92 05 00"), ResultCode::ok);
    EXPECT_EQ(code("x", "92 C0 00"), ResultCode::op_not_applicable);  // nil
    EXPECT_EQ(code("x", "92 C0 04"), ResultCode::ok);                 // nil deletes
    EXPECT_TRUE(desk.get(7, {"x"}).bins.empty());
}

TEST_F(FilterTest, OfBatchesCountsForRowsWithoutTheirOwn) {
    Buffer frame;
    client::append_batch_get(frame, "test", "s", std::vector<Digest>{digest_of(1), digest_of(7)});
    wire::Message message;
    ASSERT_TRUE(message.parse(frame.bytes().subspan(wire::kProtoHeaderSize)));
    const FindNamespace find = [&](std::string_view) { return &desk.ns; };
    const auto run = [&](std::string_view filter, client::Stream& stream) {
        const auto source = from_hex(filter);
        message.fields.set(FieldType::filter, source);
        Batch batch;
        if (const ResultCode code = batch.begin(message, find, 0); code != ResultCode::ok) return code;
        Buffer out;
        bool done = false;
        do done = batch.step(desk.worker, out, 1 << 20);
        while (desk.was_waiting());
        EXPECT_TRUE(done);
        EXPECT_TRUE(client::decode_stream(out.bytes().subspan(wire::kProtoHeaderSize), stream));
        return ResultCode::ok;
    };
    client::Stream stream;
    ASSERT_EQ(run(kAboveFive, stream), ResultCode::ok);
    ASSERT_EQ(stream.records.size(), 2u);
    EXPECT_EQ(stream.records[0].result, ResultCode::filtered_out);
    EXPECT_EQ(stream.records[1].result, ResultCode::ok);
    EXPECT_EQ(run(kBad, stream), ResultCode::parameter);
}

}  // namespace
}  // namespace cairn::txn
