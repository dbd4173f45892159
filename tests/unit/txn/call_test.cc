// Calls of functions: what they do to records; what scripts can do is in tests/unit/udf.
#include "node/udf/runner.h"
#include "tests/unit/runtime/no_disk.h"
#include "tests/unit/txn/desk.h"

namespace cairn::txn {
namespace {

using wire::FieldType;

constexpr std::string_view kScript = R"(
    function read(rec, name) return rec[name] end
    function put(rec, name, value) rec[name] = value
        if aerospike:exists(rec) then aerospike:update(rec) else aerospike:create(rec) end return record.gen(rec) end
    function remove(rec) return aerospike:remove(rec) end
    function live(rec, seconds) record.set_ttl(rec, seconds) return aerospike:update(rec) end
    function spoil(rec) rec.a = 7 aerospike:update(rec) error("no") end
)";

struct Call : testing::Test {
    Call() {
        EXPECT_TRUE(modules.put("m.lua", kScript));
        desk.worker.functions = &runner;
    }

    client::Record call(uint64_t key, std::string_view function, std::string_view arguments = "\x90",
                        wire::MessageHeader header = {}) {
        header.info2 |= wire::info2::write;
        const Digest digest = digest_of(key);
        wire::Message message;
        message.fields.set(FieldType::set, as_bytes(desk.set));
        message.fields.set(FieldType::digest, digest.bytes);
        message.fields.set(FieldType::udf_package, as_bytes(std::string_view("m")));
        message.fields.set(FieldType::udf_function, as_bytes(function));
        message.fields.set(FieldType::udf_arglist, as_bytes(arguments));
        return desk.run(header, message);
    }

    runtime::test::NoDisk disk;
    udf::Modules modules{disk, ""};
    Desk desk;
    udf::Runner runner{modules, desk.clock};
};

TEST_F(Call, AnswersWithWhatTheFunctionReturned) {
    desk.put(1, 5);
    const auto reply = call(1, "read", "\x91\xA2\3a");
    EXPECT_EQ(reply.result, ResultCode::ok);
    ASSERT_EQ(reply.bins.size(), 1u);
    EXPECT_EQ(reply.bins[0].name, "SUCCESS");
    EXPECT_EQ(reply.bins[0].value.as_integer(), 5);
    EXPECT_EQ(reply.generation, 1u) << "nothing was written";
}

TEST_F(Call, WritesWhatTheFunctionWrote) {
    EXPECT_EQ(call(1, "put", "\x92\xA2\3a\7").result, ResultCode::ok);
    EXPECT_EQ(call(1, "put",
                   "\x92\xA2\3"
                   "b\x08")
                  .generation,
              2u);
    const auto found = desk.get(1);
    ASSERT_EQ(found.bins.size(), 2u);
    EXPECT_EQ(found.bins[0].value.as_integer(), 7);
    EXPECT_EQ(found.bins[1].value.as_integer(), 8);
}

TEST_F(Call, RemovesARecordOrItsLastBin) {
    desk.put(1, 5);
    EXPECT_EQ(call(1, "remove").generation, 2u);
    EXPECT_EQ(desk.get(1).result, ResultCode::not_found);
    desk.put(2, 5);
    EXPECT_EQ(call(2, "put", "\x92\xA2\3a\xC0").result, ResultCode::ok);
    EXPECT_EQ(desk.get(2).result, ResultCode::not_found);
    EXPECT_EQ(call(3, "remove").result, ResultCode::ok) << "of nothing";
}

TEST_F(Call, AnErrorLeavesTheRecordAndIsTold) {
    desk.put(1, 5);
    const auto reply = call(1, "spoil");
    EXPECT_EQ(reply.result, ResultCode::udf_execution);
    ASSERT_EQ(reply.bins.size(), 1u);
    EXPECT_EQ(reply.bins[0].name, "FAILURE");
    EXPECT_EQ(reply.bins[0].value.bytes, "m.lua:7: no");
    EXPECT_EQ(desk.get(1).bins[0].value.as_integer(), 5);
    EXPECT_EQ(desk.get(1).generation, 1u);
}

TEST_F(Call, GivesATimeToLive) {
    desk.put(1, 5);
    EXPECT_EQ(call(1, "live", "\x91\x64").result, ResultCode::ok);
    EXPECT_EQ(desk.exists(1).void_time, desk.clock.epoch_s() + 100);
}

TEST_F(Call, LivesAsTheCommandSaysUnlessTheFunctionSaysOtherwise) {
    desk.put(1, 5);
    EXPECT_EQ(call(1, "put", "\x92\xA2\3a\7", {.record_ttl = 50}).result, ResultCode::ok);
    EXPECT_EQ(desk.exists(1).void_time, desk.clock.epoch_s() + 50);
    EXPECT_EQ(call(1, "live", "\x91\x64", {.record_ttl = 50}).result, ResultCode::ok);
    EXPECT_EQ(desk.exists(1).void_time, desk.clock.epoch_s() + 100);
}

TEST_F(Call, PoliciesOfWritesAreRefused) {
    desk.put(1, 5);
    for (const uint8_t flag : {wire::info2::generation, wire::info2::generation_gt, wire::info2::create_only}) {
        EXPECT_EQ(call(1, "read", "\x90", {.info2 = flag}).result, ResultCode::parameter);
    }
    for (const uint8_t flag : {wire::info3::update_only, wire::info3::replace_only}) {
        EXPECT_EQ(call(1, "read", "\x90", {.info3 = flag}).result, ResultCode::parameter);
    }
    EXPECT_EQ(call(1, std::string(128, 'f')).result, ResultCode::parameter);
}

}  // namespace
}  // namespace cairn::txn
