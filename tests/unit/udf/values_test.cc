#include <gtest/gtest.h>

#include "tests/unit/udf/script.h"

namespace cairn::udf {
namespace {

using std::string_literals::operator""s;
using wire::Particle;

TEST(UdfValues, ComeBackAsTheyWent) {
    Script script("function ret(rec, x) return x end");
    struct Case {
        std::string argument;
        Particle type;
        std::string value;
    };
    for (const Case& one : {
             Case{"\x01"s, Particle::integer, "\0\0\0\0\0\0\0\1"s},
             Case{"\xFF"s, Particle::integer, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s},
             Case{"\xCB\x3F\xF8\0\0\0\0\0\0"s, Particle::floating, "\x3F\xF8\0\0\0\0\0\0"s},
             Case{"\xA2\3x"s, Particle::string, "x"},
             Case{"\xA2\4y"s, Particle::blob, "y"},
             Case{"\xC3"s, Particle::boolean, "\1"},
             Case{"\xC0"s, Particle::null, ""},
             Case{"\x92\1\xA2\3x"s, Particle::list, "\x92\1\xA2\3x"},
             Case{"\x93\xC7\0\1\1\2"s, Particle::list, "\x93\xC7\0\1\1\2"s},
             Case{"\x91\xC0"s, Particle::list, "\x91\xC0"},
             Case{"\x82\xA2\3b\1\xA2\3a\2"s, Particle::map, "\x82\xA2\3a\2\xA2\3b\1"},
             Case{"\x82\xC7\0\1\xC0\xA2\3k\x91\1"s, Particle::map, "\x82\xC7\0\1\xC0\xA2\3k\x91\1"s},
             Case{"\x81\xA2\4k\1"s, Particle::map, "\x81\xA2\4k\1"},
             Case{"\xA3\x17{}"s, Particle::geojson, "\0\0\0{}"s},
         }) {
        EXPECT_EQ(script.answer("ret", "\x91" + one.argument), one.value);
        EXPECT_EQ(script.type, one.type);
    }
}

TEST(UdfValues, TablesAndFunctionsAreNoAnswer) {
    Script script("function t() return {1} end function f() return t end function n() end");
    for (const char* function : {"t", "f", "n"}) {
        EXPECT_EQ(script.answer(function), "");
        EXPECT_EQ(script.type, Particle::null);
    }
}

TEST(UdfValues, ArgumentsThatCannotBeReadArePassedOver) {
    Script script("function count(rec, ...) return select('#', ...) end");
    EXPECT_EQ(script.integer("count", "\x93\1\2\3"), 3);
    EXPECT_EQ(script.integer("count", "\x93\1\2"), 2);
    EXPECT_EQ(script.integer("count", ""), 0);
    EXPECT_EQ(script.integer("count", "\x81\1\2"), 0);
}

TEST(UdfValues, WhatContainsItselfIsNoAnswer) {
    Script script("function f() local l = list(); list.append(l, l); return l end");
    EXPECT_EQ(script.answer("f"), "");
    EXPECT_EQ(script.type, Particle::null);
}

TEST(UdfValues, ListsWork) {
    Script script(R"(
        function make() return list{1, "x", 2.5, true} end
        function edit()
            local l = list()
            list.append(l, 2) list.prepend(l, 1) list.insert(l, 3, 3) list.concat(l, list{4, 5, 6})
            list.remove(l, 1) list.trim(l, 5)
            l[1] = 20
            return l
        end
        function parts() local l = list{1, 2, 3, 4}
            return list{list.take(l, 2), list.drop(l, 3), list.merge(l, list{5}), list.size(l), #l, l[9] == nil} end
        function sum() local s = 0 for v in list.iterator(list{1, 2, 3}) do s = s + v end return s end
        function text() return tostring(list{1, "a"}) end)");
    ASSERT_FALSE(script.load_error) << *script.load_error;
    EXPECT_EQ(script.answer("make"), "\x94\1\xA2\3x\xCB\x40\x04\0\0\0\0\0\0\xC3"s);
    EXPECT_EQ(script.answer("edit"), "\x94\x14\3\4\5");
    EXPECT_EQ(script.answer("parts"), "\x96\x92\1\2\x91\4\x95\1\2\3\4\5\4\4\xC3");
    EXPECT_EQ(script.integer("sum"), 6);
    EXPECT_EQ(script.answer("text"), "List(1, a)");
}

TEST(UdfValues, MapsWork) {
    Script script(R"(
        function edit() local m = map{a = 1, b = 2}
            m.c = 3 m["a"] = nil map.remove(m, "b") m[5] = "x"
            return m end
        function add(a, b) return a + b end
        function merged() return map.merge(map{a = 1, b = 2}, map{b = 10, c = 3}, add) end
        function differ() return map.diff(map{a = 1, b = 2}, map{b = 10, c = 3}) end
        function sums() local m, k, v = map{x = 1, y = 2}, 0, 0
            for _, one in map.pairs(m) do v = v + one end
            for one in map.values(m) do v = v + one end
            for one in map.keys(m) do k = k + #one end
            return list{k, v, map.size(m), #m} end)");
    ASSERT_FALSE(script.load_error) << *script.load_error;
    EXPECT_EQ(script.answer("edit"), "\x82\5\xA2\3x\xA2\3c\3");
    EXPECT_EQ(script.answer("merged"), "\x83\xA2\3a\1\xA2\3b\x0C\xA2\3c\3");
    EXPECT_EQ(script.answer("differ"), "\x82\xA2\3a\1\xA2\3c\3");
    EXPECT_EQ(script.answer("sums"), "\x94\2\6\2\2");
}

TEST(UdfValues, BytesWork) {
    Script script(R"(
        function make() local b = bytes(3); bytes.set_byte(b, 1, 65); bytes.set_byte(b, 2, 66); return b end
        function numbers() local b = bytes()
            bytes.append_int16(b, 258) bytes.append_int32_le(b, -1) bytes.append_string(b, "xyz")
            bytes.append_bytes(b, b, 2)
            return b end
        function read() local b = numbers()
            return list{bytes.get_int16(b, 1), bytes.get_int32(b, 3), bytes.get_string(b, 7, 2), bytes.size(b), b[8],
                        bytes.get_int64(b, 9) == nil} end)");
    ASSERT_FALSE(script.load_error) << *script.load_error;
    EXPECT_EQ(script.answer("make"), "AB");
    EXPECT_EQ(script.type, Particle::blob);
    EXPECT_EQ(script.answer("numbers"), "\1\2\xFF\xFF\xFF\xFFxyz\1\2");
    EXPECT_EQ(script.answer("read"), "\x96\xCD\1\2\xFF\xA3\3xy\x0B\x79\xC3");
}

}  // namespace
}  // namespace cairn::udf
