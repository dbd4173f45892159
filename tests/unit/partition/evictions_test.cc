#include "node/partition/evictions.h"

#include <gtest/gtest.h>

namespace cairn::partition {
namespace {

record::Head record(uint32_t void_time, uint64_t lut) {
    record::Head head{};
    head.void_time = void_time;
    head.set_last_update_ms(lut);
    return head;
}

TEST(Evictions, MarkCoversWhatExpiresBeforeItAndWasUpdatedBeforeIt) {
    Evictions evictions;
    evictions.add({.void_time = 100, .lut = 5000}, 10);
    EXPECT_TRUE(evictions.covers(record(99, 4999)));
    EXPECT_FALSE(evictions.covers(record(100, 4999)));
    EXPECT_FALSE(evictions.covers(record(99, 5000)));  // written since
    EXPECT_FALSE(evictions.covers(record(0, 4999)));   // never expires
}

TEST(Evictions, LaterMarkThatReachesAsFarReplacesOlderOnes) {
    Evictions evictions;
    evictions.add({100, 5000}, 10);
    evictions.add({100, 6000}, 10);
    EXPECT_EQ(evictions.marks(), (std::vector<Evictions::Mark>{{100, 6000}}));
}

TEST(Evictions, LaterMarkThatReachesLessFarLeavesWhatWasWrittenSinceTheOlder) {
    Evictions evictions;
    evictions.add({100, 5000}, 10);
    evictions.add({50, 6000}, 10);
    EXPECT_TRUE(evictions.covers(record(99, 4000)));
    EXPECT_FALSE(evictions.covers(record(99, 5500)));
    EXPECT_TRUE(evictions.covers(record(49, 5500)));
}

TEST(Evictions, MarksOfWhatHasExpiredAreForgotten) {
    Evictions evictions;
    evictions.add({100, 5000}, 10);
    evictions.add({50, 6000}, 100);
    EXPECT_EQ(evictions.marks().size(), 1u);
}

TEST(Evictions, MarksDoNotGrowWithoutBound) {
    Evictions evictions;
    for (uint32_t i = 0; i < 1000; ++i) evictions.add({10'000 - i, 5000 + i}, 10);
    EXPECT_EQ(evictions.marks().size(), 64u);
    EXPECT_TRUE(evictions.covers(record(9000, 4000)));
}

TEST(Evictions, AreLoweredAndForgotten) {
    Evictions evictions;
    evictions.add({100, 5000}, 10);
    evictions.lower(60);
    EXPECT_FALSE(evictions.covers(record(70, 4000)));
    EXPECT_TRUE(evictions.covers(record(59, 4000)));
    evictions.lower(0);
    EXPECT_TRUE(evictions.marks().empty());
}

TEST(Evictions, RoundTakesAllThatExpireSoonestAndAsManyAsAskedOfTheNext) {
    Evictions evictions;
    evictions.begin({.all_before = 100, .some_before = 110, .lut = 5000}, /*some=*/2, /*sweepers=*/1);
    EXPECT_TRUE(evictions.takes(record(99, 4000)));
    EXPECT_TRUE(evictions.takes(record(105, 4000)));
    EXPECT_TRUE(evictions.takes(record(100, 4000)));
    EXPECT_FALSE(evictions.takes(record(109, 4000)));  // two are gone
    EXPECT_TRUE(evictions.takes(record(98, 4000)));
    EXPECT_FALSE(evictions.takes(record(98, 5000)));
    EXPECT_FALSE(evictions.takes(record(0, 4000)));
}

TEST(Evictions, RoundIsFinishedWhenEverySweeperIs) {
    Evictions evictions;
    EXPECT_TRUE(evictions.finished());
    evictions.begin({}, 0, 2);
    evictions.end_share();
    EXPECT_FALSE(evictions.finished());
    evictions.end_share();
    EXPECT_TRUE(evictions.finished());
}

}  // namespace
}  // namespace cairn::partition
