#include "node/cluster/damper.h"

#include <gtest/gtest.h>

namespace cairn::cluster {
namespace {

constexpr Process A{1, 1}, B{2, 1}, C{3, 1};

/// How long it takes until `candidates` may be proposed instead of `view`.
Duration delay(Damper& damper, const std::vector<Process>& view, const std::vector<Process>& candidates, Instant from) {
    for (Instant now = from; now < from + 10s; now += 50ms) {
        if (damper.ready(view, candidates, now)) return now - from;
    }
    return 10s;
}

TEST(Damper, ProposesALossAfterOneInterval) {
    Damper damper({});
    EXPECT_EQ(delay(damper, {A, B, C}, {A, B}, 100s), 150ms);
}

TEST(Damper, WaitsForMoreGains) {
    Damper damper({});
    EXPECT_EQ(delay(damper, {A}, {A, B}, 100s), 1s);
}

TEST(Damper, WaitsForOthersWhenItsViewIsLost) {
    Damper damper({});
    EXPECT_EQ(delay(damper, {A}, {A}, 100s), 10s);
    EXPECT_EQ(delay(damper, {}, {A}, 110s), 1s);
}

TEST(Damper, WaitsNoLongerThanFiveSecondsForGains) {
    Damper damper({});
    std::vector<Process> candidates{A};
    for (NodeId id = 10;; ++id) {
        candidates.push_back({id, 1});
        const Instant now = 100s + (id - 10) * 500ms;
        if (!damper.ready({A}, candidates, now)) continue;
        EXPECT_EQ(now, 105s);
        break;
    }
}

TEST(Damper, IsQuietWhenNothingIsToBeChanged) {
    Damper damper({});
    EXPECT_EQ(delay(damper, {A, B}, {A, B}, 100s), 10s);
}

TEST(Damper, LeavesHalfASecondBetweenProposals) {
    Damper damper({});
    damper.proposed(100s);
    EXPECT_EQ(delay(damper, {A, B, C}, {A, B}, 100s), 500ms);
    damper.proposed(200s);
    damper.member_died();
    EXPECT_EQ(delay(damper, {A, B, C}, {A, B}, 200s), 0s) << "the loss is old by now";
}

TEST(Damper, HoldsTheExpelledLongerEachTime) {
    Damper damper({});
    Instant now = 100s;
    std::vector<Duration> holds;
    for (int i = 0; i < 7; ++i) {
        damper.expelled(A, now);
        const Instant since = now;
        while (damper.on_hold(A, now)) now += 1s;
        holds.push_back(now - since);
    }
    EXPECT_EQ(holds, (std::vector<Duration>{2s, 4s, 8s, 16s, 32s, 60s, 60s}));
    EXPECT_FALSE(damper.on_hold({A.id, 2}, 100s)) << "a new process is no flap";
}

TEST(Damper, ForgetsOldExpulsions) {
    Damper damper({});
    damper.expelled(A, 100s);
    damper.expelled(A, 103s);
    damper.expelled(A, 1000s);
    EXPECT_TRUE(damper.on_hold(A, 1001s));
    EXPECT_FALSE(damper.on_hold(A, 1002s));
}

}  // namespace
}  // namespace cairn::cluster
