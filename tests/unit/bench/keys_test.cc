#include "bench/load/keys.h"

#include <gtest/gtest.h>

namespace cairn::bench {
namespace {

TEST(Permutation, TakesEveryNumberOnce) {
    for (const uint64_t count : {1, 2, 3, 100, 4096, 5000}) {
        const Permutation order(count, 7);
        std::vector<bool> seen(count);
        for (uint64_t i = 0; i < count; ++i) {
            ASSERT_LT(order(i), count);
            seen[order(i)] = true;
        }
        EXPECT_EQ(std::count(seen.begin(), seen.end(), true), ptrdiff_t(count));
    }
}

TEST(Permutation, DependsOnTheSeed) {
    const Permutation one(1000, 1), same(1000, 1), other(1000, 2);
    size_t differences = 0;
    for (uint64_t i = 0; i < 1000; ++i) {
        EXPECT_EQ(one(i), same(i));
        differences += one(i) != other(i);
    }
    EXPECT_GT(differences, 900u);
}

TEST(Dice, StayBelowTheBound) {
    Dice dice(1);
    std::array<int, 10> counts{};
    for (int i = 0; i < 10'000; ++i) ++counts.at(dice.below(10));
    for (const int count : counts) EXPECT_NEAR(count, 1000, 150);
}

TEST(Digests, AreThoseOfTheIntegerKeys) {
    const auto digests = make_digests("demo", 6, 2);
    ASSERT_TRUE(digests);
    EXPECT_EQ(to_hex(digests->at(1).bytes),
              "DC2E595BC2A0D8C6290C474D74E71B23E3ED846A");  // key 7, by an official client
}

}  // namespace
}  // namespace cairn::bench
