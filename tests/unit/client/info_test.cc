#include "common/client/info.h"

#include <gtest/gtest.h>

namespace cairn::client {
namespace {

TEST(Info, EachLineIsANameAndAValue) {
    const auto map = parse_info("node\tBB9A\nnamespace/test\tobjects=1;x=y\nfeatures\t\n");
    ASSERT_TRUE(map);
    EXPECT_EQ(map->at("node"), "BB9A");
    EXPECT_EQ(map->at("namespace/test"), "objects=1;x=y");
    EXPECT_EQ(map->at("features"), "");
}

TEST(Info, ALineWithoutTabIsARefusalOfTheWholeRequest) {
    const auto map = parse_info("ERROR:80:not authenticated\n");
    ASSERT_FALSE(map);
    EXPECT_EQ(map.error().detail, "info: ERROR:80:not authenticated");
}

TEST(Info, PairsKeepWhatFollowsTheFirstEqualsSign) {
    const auto map = parse_pairs("a=1;b=x=y;flag;");
    EXPECT_EQ(map.at("a"), "1");
    EXPECT_EQ(map.at("b"), "x=y");
    EXPECT_EQ(map.at("flag"), "");
    EXPECT_EQ(map.size(), 3u);
}

}  // namespace
}  // namespace cairn::client
