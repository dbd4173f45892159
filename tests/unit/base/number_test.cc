#include "common/base/number.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>

namespace cairn {
namespace {

template <class T>
std::optional<T> number(std::string_view text) {
    T value{};
    return parse_number(text, value) ? std::optional(value) : std::nullopt;
}

TEST(Number, IsTheWholeText) {
    EXPECT_EQ(number<uint32_t>("42"), 42u);
    EXPECT_EQ(number<int64_t>("-7"), -7);
    EXPECT_EQ(number<double>("1.5"), 1.5);
    for (const char* bad : {"", " 42", "42 ", "42x", "+42", "0x2a", "-"})
        EXPECT_EQ(number<int64_t>(bad), std::nullopt) << bad;
}

TEST(Number, IsOneThatTheTypeHolds) {
    EXPECT_EQ(number<uint16_t>("65535"), 65535);
    EXPECT_EQ(number<uint16_t>("65536"), std::nullopt);
    EXPECT_EQ(number<uint16_t>("-1"), std::nullopt);
}

}  // namespace
}  // namespace cairn
