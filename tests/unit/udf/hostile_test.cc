// Scripts that mean harm: each ends, with an error, and leaves the record as it was; the next call is served.
#include <gtest/gtest.h>

#include "tests/unit/udf/script.h"

namespace cairn::udf {
namespace {

const Limits kSmall{.instructions = 3'000'000, .memory_bytes = 16 << 20, .time = 1s};

struct Hostile : testing::TestWithParam<const char*> {};

TEST_P(Hostile, Ends) {
    Script script("function f(rec) rec.a = 2 " + std::string(GetParam()) + " end function g() return 1 end", kSmall,
                  /*clock_step=*/5ms);
    ASSERT_FALSE(script.load_error) << *script.load_error;
    script.integer_bin("a", 1);
    EXPECT_TRUE(script.call("f").failed);
    EXPECT_FALSE(script.change.written);
    EXPECT_EQ(script.draft.find("a")->value[0], 1);
    EXPECT_EQ(script.integer("g"), 1);
}

INSTANTIATE_TEST_SUITE_P(
    Scripts, Hostile,
    testing::Values(
        "while true do end", "while true do pcall(function() while true do end end) end",
        "xpcall(function() while true do end end, function() while true do end end)",
        "local function r() pcall(r) end while true do r() end",
        "local t = setmetatable({}, {__gc = function() while true do end end})",
        "setmetatable({}, {__index = function(t, k) while true do end end})[1] = nil; local x = "
        "setmetatable({}, {__index = function(t, k) while true do end end})[1]",
        "local s = 'x' while true do s = s .. s end", "local t = {} while true do t[#t + 1] = ('x'):rep(1000) end",
        "while true do local s = ('x'):rep(1e7) end", "return ('x'):rep(1e10)",
        "local l = list() while true do list.append(l, 1) end", "local l = list() while true do list.prepend(l, 1) end",
        "local m, i = map(), 0 while true do i = i + 1 m[i] = i end",
        "local b = bytes() while true do bytes.append_string(b, ('x'):rep(1000)) end",
        "bytes.set_size(bytes(), 1 << 40)", "bytes.set_byte(bytes(), 1 << 62, 1)",
        "('a'):rep(30000):find(('.-'):rep(20) .. 'b')", "('a'):rep(1e6):find('.-b')",
        "('a'):rep(1e6):match('(.-)(.-)b')", "('a'):rep(1e6):gsub('a*b', '')",
        "for _ in ('a'):rep(1e6):gmatch('a-b') do end", "('a'):rep(5e6):find(('a'):rep(1e6) .. 'b', 1, true)",
        "table.move({}, 1, 1 << 60, 2)", "table.concat({}, '', 1, 1 << 60)",
        "table.insert(setmetatable({}, {__len = function() return 1 << 60 end}), 1, 1)",
        "table.remove(setmetatable({}, {__len = function() return 1 << 60 end}), 1)",
        "table.sort(setmetatable({}, {__len = function() return 1 << 30 end}))", "table.unpack({}, 1, 1e9)",
        "local function f(...) return f(1, ...) end f()", "local function f() return 1 + f() end f()",
        "string.format('%99999d', 1)", "os.exit()", "io.open('/etc/passwd')", "debug.sethook()", "require('os')",
        "load('return 1')()", "loadstring('return 1')()", "dofile('/etc/passwd')", "collectgarbage('stop')",
        "string.dump(function() end)", "coroutine.wrap(function() end)()", "package.loadlib('x', 'y')", "print('x')",
        "getmetatable('').__index = nil", "getmetatable(rec).__index = nil", "getmetatable(list()).__index = nil",
        "rec[nil] = 1", "rec.x = rec; error(aerospike:update(rec))", "aerospike.update(1, 2)", "record.gen(list())",
        "list.append(map(), 1)", "local l = list{1} error(tostring(l[1 << 62]))", "list.insert(list(), 1 << 62, 1)",
        "map()[0/0] = 1", "local m = map() m[m] = m; error(tostring(aerospike:update(m)))"));

TEST(Sandbox, AnEmptyRepetitionIsEmpty) {
    Script script("function f() return (''):rep(1 << 62) end", kSmall);
    EXPECT_EQ(script.answer("f"), "");
}

TEST(Sandbox, InstructionsEndWhatTimeDoesNot) {
    Script script("function f() while true do end end", kSmall);
    EXPECT_NE(script.error("f").find("too many instructions"), std::string::npos);
}

TEST(Sandbox, TimeEndsWhatInstructionsDoNot) {
    Limits limits;
    limits.instructions = UINT64_MAX;
    limits.time = 100ms;
    Script script("function f() while true do end end", limits, /*clock_step=*/1ms);
    EXPECT_NE(script.error("f").find("too much time"), std::string::npos);
}

TEST(Sandbox, BytecodeDoesNotLoad) {
    Script script("\x1BLua", kSmall);
    EXPECT_TRUE(script.load_error);
}

TEST(Sandbox, WhatComputesIsThere) {
    Script script(R"(function f() local t = {3, 1, 2} table.sort(t)
        return string.format("%d%s%s%d", t[1], ("abc"):upper(), ("k=v"):match("(%w+)="), math.floor(2.5)) end
        function caught() local ok, e = pcall(error, "x") return tostring(ok) .. e end
        function handled() local ok, e = xpcall(error, function(m) return m .. "!" end, "x") return tostring(ok) .. e end
        function passed() return select("#", xpcall(function(...) return ... end, error, 1, 2)) end)");
    ASSERT_FALSE(script.load_error) << *script.load_error;
    EXPECT_EQ(script.answer("f"), "1ABCk2");
    EXPECT_EQ(script.answer("caught"), "falsex");
    EXPECT_EQ(script.answer("handled"), "falsex!");
    EXPECT_EQ(script.integer("passed"), 3);
}

}  // namespace
}  // namespace cairn::udf
