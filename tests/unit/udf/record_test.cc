#include <gtest/gtest.h>

#include "tests/unit/udf/script.h"

namespace cairn::udf {
namespace {

using std::string_literals::operator""s;
using wire::Particle;

constexpr std::string_view kFunctions = R"(
    function get(rec, n) return rec[n] end
    function set(rec, n, v) rec[n] = v
        if aerospike:exists(rec) then return aerospike:update(rec) else return aerospike:create(rec) end end
    function create_twice(rec) rec.a = 1; return aerospike:create(rec) .. "," .. aerospike:create(rec) end
    function update(rec) rec.a = 1; return aerospike:update(rec) end
    function remove(rec) return aerospike:remove(rec) end
    function exists(rec) return aerospike:exists(rec) end
    function add(rec, v) local l = rec.l or list(); list.append(l, v); rec.l = l; return aerospike:update(rec) end
    function forget(rec) rec.a = 9 end
    function table_bin(rec) rec.a = {} return aerospike:update(rec) end
    function meta(rec) return list{record.gen(rec), record.setname(rec), record.numbins(rec), record.key(rec)} end
    function names(rec) local n = record.bin_names(rec); table.sort(n)
        local l = list() for _, v in ipairs(n) do list.append(l, v) end return l end
    function ttl(rec, t) record.set_ttl(rec, t) return aerospike:update(rec) end
    function keep(rec) kept = rec end
    function use_kept() return kept.a end
)";

TEST(UdfRecord, BinsAreReadAndSet) {
    Script script(kFunctions);
    ASSERT_FALSE(script.load_error) << *script.load_error;
    script.integer_bin("a", 5);
    script.bin("s", Particle::string, "str");
    EXPECT_EQ(script.integer("get", "\x91\xA2\3a"), 5);
    EXPECT_EQ(script.answer("get", "\x91\xA2\3s"), "str");
    EXPECT_EQ(script.answer("get", "\x91\xA2\3x"), "");

    EXPECT_EQ(script.integer("set", "\x92\xA2\3n\x92\1\2"), 0);
    EXPECT_TRUE(script.change.written);
    ASSERT_NE(script.draft.find("n"), nullptr);
    EXPECT_EQ(script.draft.find("n")->type, Particle::list);
    EXPECT_EQ(script.integer("set", "\x92\xA2\3s\xC0"), 0);
    EXPECT_EQ(script.draft.find("s"), nullptr);
    EXPECT_EQ(script.integer("add", "\x91\7"), 0);
    EXPECT_EQ(as_text(script.draft.find("l")->value), "\x91\7");
}

TEST(UdfRecord, WhatIsSetCountsWhenItIsWritten) {
    Script script(kFunctions);
    script.integer_bin("a", 5);
    script.answer("forget");
    EXPECT_FALSE(script.change.written);
    EXPECT_EQ(script.integer("get", "\x91\xA2\3a"), 5);
}

TEST(UdfRecord, CreateUpdateAndRemoveTellWhetherThereIsARecord) {
    Script script(kFunctions);
    EXPECT_EQ(script.integer("update"), -2);
    EXPECT_FALSE(script.change.written);
    EXPECT_EQ(script.integer("remove"), 1);
    EXPECT_EQ(script.answer("exists"), "\0"s);
    EXPECT_EQ(script.answer("create_twice"), "0,1");
    EXPECT_TRUE(script.change.written);
    EXPECT_EQ(script.answer("exists"), "\1");
    EXPECT_EQ(script.integer("remove"), 0);
    EXPECT_TRUE(script.change.removed);
    EXPECT_TRUE(script.draft.empty());
}

TEST(UdfRecord, ValuesThatNoBinCanHaveChangeNothing) {
    Script script(kFunctions);
    script.integer_bin("a", 5);
    EXPECT_EQ(script.integer("table_bin"), -1);
    EXPECT_FALSE(script.change.written);
    EXPECT_EQ(script.integer("get", "\x91\xA2\3a"), 5);
}

TEST(UdfRecord, ANameTooLongIsPassedOver) {
    Script script(kFunctions);
    script.integer_bin("a", 5);
    EXPECT_EQ(script.integer("set",
                             "\x92\xB1\3"
                             "abcdefghijklmnop\1"),
              0);
    EXPECT_EQ(script.draft.bin_count(), 1u);
}

TEST(UdfRecord, FactsAreTold) {
    Script script(kFunctions);
    EXPECT_EQ(script.answer("meta"), "\x92\0\0"s);
    EXPECT_TRUE(script.error("names").ends_with("can't get bin names"));
    script.integer_bin("b", 1);
    script.integer_bin("a", 1);
    script.facts.generation = 7;
    script.facts.set = "v";
    script.facts.key = {Particle::string, as_bytes("key")};
    EXPECT_EQ(script.answer("meta"), "\x94\7\xA2\3v\2\xA4\3key");
    EXPECT_EQ(script.answer("names"), "\x92\xA2\3a\xA2\3b");
    EXPECT_EQ(script.integer("ttl", "\x91\x64"), 0);
    EXPECT_EQ(script.change.ttl_s, 100u);
}

TEST(UdfRecord, ARecordIsOfNoUseAfterItsCall) {
    Script script(kFunctions);
    script.integer_bin("a", 5);
    script.answer("keep");
    EXPECT_NE(script.error("use_kept").find("has ended"), std::string::npos);
}

TEST(UdfRecord, ErrorsNameFileAndLine) {
    Script script(
        "function boom() error('boom') end\nfunction nope(rec) return rec.x.y end\nfunction t() error({}) end");
    EXPECT_EQ(script.error("boom"), "test.lua:1: boom");
    EXPECT_EQ(script.error("nope"), "test.lua:2: attempt to index a nil value (field 'x')");
    EXPECT_EQ(script.error("t"), "result value type unexpected");
    EXPECT_EQ(script.error("absent"), "function not found");
}

}  // namespace
}  // namespace cairn::udf
