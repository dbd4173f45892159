#include "common/base/utf8.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(Utf8, CharactersOfOneToFourBytes) {
    EXPECT_EQ(utf8_length("ab"), 1u);
    EXPECT_EQ(utf8_length("\xC3\xA9x"), 2u);
    EXPECT_EQ(utf8_length("\xE2\x82\xACx"), 3u);
    EXPECT_EQ(utf8_length("\xF0\x9F\x98\x80x"), 4u);
    EXPECT_EQ(utf8_length(""), 0u);
}

TEST(Utf8, WhatIsNoCharacter) {
    for (const char* text : {"\x80", "\xFF", "\xC3", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xE2\x82",
                             "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80"}) {
        EXPECT_EQ(utf8_length(text), 0u);
        EXPECT_FALSE(is_utf8(std::string("a") + text));
    }
    EXPECT_TRUE(is_utf8("a\xC3\xA9"));
}

}  // namespace
}  // namespace cairn
