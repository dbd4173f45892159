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

TEST(VersionTest, NoneReplacesItsEqual) {
    const Version one{.content = {1}}, other{.content = {2}};
    EXPECT_FALSE(wins(one, other, ConflictPolicy::generation));
    EXPECT_FALSE(wins(other, one, ConflictPolicy::last_update_time));
}

TEST(VersionTest, FingerprintsTellVersionsApartAndNotStamps) {
    const Digest digest{};
    const Version one{.stamp = {1, 2}, .content = {1}};
    Version other = one;
    other.stamp = {2, 7};
    EXPECT_EQ(fingerprint(digest, one), fingerprint(digest, other));
    for (const Version& changed :
         {Version{.content = {2}}, Version{.generation = 2, .content = {1}},
          Version{.last_update_ms = 1, .content = {1}}, Version{.void_time = 1, .content = {1}},
          Version{.kind = Kind::tombstone, .content = {1}}}) {
        EXPECT_NE(fingerprint(digest, one), fingerprint(digest, changed));
    }
}

}  // namespace
}  // namespace cairn::replication
