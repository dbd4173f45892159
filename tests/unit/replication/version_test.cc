#include "node/replication/version.h"

#include <gtest/gtest.h>

namespace cairn::replication {
namespace {

TEST(VersionTest, TheHigherGenerationWinsThenTheLaterTime) {
    const Version low{.generation = 1, .last_update_ms = 9}, high{.generation = 2, .last_update_ms = 1};
    EXPECT_TRUE(wins(high, low, ConflictPolicy::generation));
    EXPECT_TRUE(wins(low, high, ConflictPolicy::last_update_time));
    const Version later{.generation = 2, .last_update_ms = 2};
    EXPECT_TRUE(wins(later, high, ConflictPolicy::generation));
}

TEST(VersionTest, OneOfTwoDifferentOnesWinsAndNeverBoth) {
    const Version one{.stamp = {1, 2}, .content = {1}};
    for (const Version& other : {Version{.stamp = {1, 3}, .content = {1}}, Version{.stamp = {1, 2}, .content = {2}},
                                 Version{.stamp = {1, 2}, .kind = Kind::tombstone}}) {
        for (const auto policy : {ConflictPolicy::generation, ConflictPolicy::last_update_time}) {
            EXPECT_NE(wins(one, other, policy), wins(other, one, policy));
        }
    }
    EXPECT_FALSE(wins(one, one, ConflictPolicy::generation));
}

TEST(VersionTest, FingerprintsTellEqualStampsOfTwoSidesApart) {
    const Digest digest{};
    const Version one{.stamp = {1, 2}, .content = {1}}, other{.stamp = {1, 2}, .content = {2}};
    EXPECT_NE(fingerprint(digest, one), fingerprint(digest, other));
    EXPECT_EQ(fingerprint(digest, one), fingerprint(digest, one));
}

}  // namespace
}  // namespace cairn::replication
