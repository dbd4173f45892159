#include "common/base/buffer.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(Buffer, KeepsUnconsumedBytesWhenItGrows) {
    Buffer buffer(512);
    buffer.append(as_bytes("abcdef"));
    buffer.consume(4);
    buffer.append(1000);
    EXPECT_EQ(as_text(buffer.bytes().first(2)), "ef");
    EXPECT_EQ(buffer.size(), 1002u);
}

TEST(Buffer, StartsAtTheFrontAgainWhenAllIsConsumed) {
    Buffer buffer(512);
    buffer.append(512);
    buffer.consume(512);
    EXPECT_EQ(buffer.spare(), 512u);
}

}  // namespace
}  // namespace cairn
