#include "node/cluster/racks.h"

#include <gtest/gtest.h>

namespace cairn::cluster {
namespace {

TEST(RackNames, GiveANameTheSameIdOnEveryNode) {
    RackNames one, other;
    other.id_of("eu-west-1b");
    EXPECT_EQ(one.id_of("eu-west-1a"), other.id_of("eu-west-1a"));
    EXPECT_EQ(one.name_of(one.id_of("eu-west-1a")), "eu-west-1a");
}

TEST(RackNames, TakeNumbersAsTheyAre) {
    RackNames names;
    EXPECT_EQ(names.id_of("7"), 7u);
    EXPECT_EQ(names.id_of("1000000"), 1'000'000u);
    EXPECT_EQ(names.id_of(""), 0u);
    EXPECT_NE(names.id_of("07"), 7u);
    EXPECT_LE(names.id_of("1000001"), kRackIdMax);
}

TEST(RackNames, NeverShareAnId) {
    RackNames names;
    std::set<uint32_t> ids;
    for (int i = 0; i < 5000; ++i) ids.insert(names.id_of("zone-" + std::to_string(i)));  // some 12 collide
    EXPECT_EQ(ids.size(), 5000u);
    EXPECT_EQ(names.id_of("zone-17"), names.id_of("zone-17"));
    EXPECT_TRUE(ids.contains(names.id_of("zone-4999")));
}

}  // namespace
}  // namespace cairn::cluster
