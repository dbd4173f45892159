// Goal: whatever the network, the disks and the processes do, nodes agree: no two member lists or tables under a ballot,
// one master in a regime, no acknowledged write lost in a strongly consistent namespace, and one view of all afterwards.
// Method: ClusterHistory; one seed is one history. Replay a failing one with --gtest_filter=*/<seed>.
// CAIRN_SIM_SEEDS=<first>-<last> plays others than the usual ones.

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "tests/sim/cluster_history.h"

namespace cairn::sim {
namespace {

using cluster::ViewChangeMutants;

class EachSeed : public testing::TestWithParam<uint64_t> {};

TEST_P(EachSeed, AgreesAndLosesNothing) {
    ClusterHistory history(GetParam(), {});
    EXPECT_EQ(history.run(), std::nullopt);
}

auto seeds() {
    unsigned long first = 1, last = 60;
    const char* const wanted = std::getenv("CAIRN_SIM_SEEDS");
    if (wanted != nullptr) EXPECT_EQ(std::sscanf(wanted, "%lu-%lu", &first, &last), 2);
    return testing::Range<uint64_t>(first, last + 1);
}
INSTANTIATE_TEST_SUITE_P(Seeds, EachSeed, seeds(), testing::PrintToStringParamName());

TEST(ClusterHistory, ReachesWhatItIsAbout) {
    ClusterHistory::Totals all;
    for (uint64_t seed = 1; seed <= 10; ++seed) {
        ClusterHistory history(seed, {});
        EXPECT_EQ(history.run(), std::nullopt);
        const auto of = history.totals();
        all.views += of.views;
        all.kills += of.kills;
        all.pauses += of.pauses;
        all.splits += of.splits;
        all.acknowledged += of.acknowledged;
        all.adds += of.adds;
    }
    EXPECT_GT(all.views, 60u);
    EXPECT_GT(all.kills, 15u);
    EXPECT_GT(all.pauses, 10u);
    EXPECT_GT(all.splits, 10u);
    EXPECT_GT(all.acknowledged, 1000u);
    EXPECT_GT(all.adds, 40u);
}

TEST(ClusterHistory, IsTheSameWhenItIsPlayedAgain) {
    for (uint64_t seed = 1; seed <= 3; ++seed) {
        ClusterHistory one(seed, {});
        ClusterHistory again(seed, {});
        one.run();
        again.run();
        EXPECT_EQ(one.trace_hash(), again.trace_hash()) << "seed " << seed;
    }
}

TEST(Cluster, FormsOneViewSoon) {
    ClusterHistory history(1, {.nodes = 5, .faults = false});
    history.start();
    EXPECT_TRUE(history.settle_within(8s));
    EXPECT_LE(history.views(), 6u) << "at worst each alone first";
}

TEST(Cluster, IsQuietWhenNothingHappens) {
    ClusterHistory history(1, {.nodes = 5, .faults = false});
    history.start();
    ASSERT_TRUE(history.settle_within(8s));
    const size_t views = history.views();
    history.run_for(120s);
    EXPECT_EQ(history.views(), views);
    EXPECT_EQ(history.violation(), std::nullopt);
}

TEST(Cluster, GoesOnWithoutADeadNodeWithinTwoAndAHalfSeconds) {
    for (uint64_t seed = 1; seed <= 10; ++seed) {
        ClusterHistory history(seed, {.nodes = 5, .faults = false});
        history.start();
        ASSERT_TRUE(history.settle_within(8s));
        history.kill(seed % 5);
        EXPECT_TRUE(history.settle_within(2500ms)) << "seed " << seed;
    }
}

TEST(Cluster, TakesARestartedNodeBack) {
    ClusterHistory history(1, {.nodes = 4, .faults = false});
    history.start();
    ASSERT_TRUE(history.settle_within(8s));
    history.kill(2);
    history.run_for(200ms);
    history.restart(2);
    EXPECT_TRUE(history.settle_within(4s));
}

TEST(Cluster, StaysInOneViewWhenALinkIsCutOneWay) {
    ClusterHistory history(1, {.nodes = 4, .faults = false});
    history.start();
    ASSERT_TRUE(history.settle_within(8s));
    history.set_blocked(0, 1, true);
    history.run_for(10s);
    const size_t views = history.views();
    size_t members = 0;
    for (size_t i = 0; i < 4; ++i)
        members += history.active(i) != nullptr && history.active(i)->view.members.size() == 3;
    EXPECT_EQ(members, 3u) << "one of the two is left out";
    history.run_for(120s);
    EXPECT_EQ(history.views(), views) << "and nothing changes any more";
}

TEST(Cluster, ChangesItsViewSeldomWhileALinkFlaps) {
    ClusterHistory history(1, {.nodes = 4, .faults = false});
    history.start();
    ASSERT_TRUE(history.settle_within(8s));
    const auto flap_for = [&](Duration time) {
        for (const Instant end = history.now() + time; history.now() < end;) {
            history.set_blocked(0, 1, true);
            history.run_for(2s);
            history.set_blocked(0, 1, false);
            history.run_for(3s);
        }
    };
    flap_for(180s);  // the holds grow to a minute
    const size_t views = history.views();
    flap_for(600s);
    EXPECT_LE(history.views() - views, 22u) << "one out, one in, each minute";
    EXPECT_EQ(history.violation(), std::nullopt);
}

/// A fault planted in the agreement.
struct Planted {
    const char* name;
    bool ViewChangeMutants::* fault;
};
void PrintTo(const Planted& planted, std::ostream* out) { *out << planted.name; }

class EachFault : public testing::TestWithParam<Planted> {};

TEST_P(EachFault, IsFound) {
    ViewChangeMutants mutants;
    mutants.*GetParam().fault = true;
    for (uint64_t seed = 1; seed <= 2000; ++seed) {
        ClusterHistory history(seed, {.mutants = mutants});
        if (const auto found = history.run()) {
            std::printf("found by seed %lu: %s\n", static_cast<unsigned long>(seed), found->c_str());
            return;
        }
    }
    FAIL() << "2000 seeds did not find it";
}

INSTANTIATE_TEST_SUITE_P(Mutants, EachFault,
                         testing::Values(Planted{"promise_before_durable", &ViewChangeMutants::promise_before_durable},
                                         Planted{"ignore_boot", &ViewChangeMutants::ignore_boot},
                                         Planted{"active_without_one", &ViewChangeMutants::active_without_one},
                                         Planted{"lower_ballot", &ViewChangeMutants::lower_ballot}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace cairn::sim
