// Goal: what a cluster of whole nodes acknowledges is there, once, as long as fewer nodes are lost at a time than there are
// copies; one node is master of a partition in a regime; scans are exact; nobody waits for ever; copies are complete and
// equal, and nothing is left to be done, when trouble ends.
// Method: WholeClusterHistory; one seed is one history. Replay a failing one with --gtest_filter=*/<seed>.

#include <gtest/gtest.h>

#include <cstdio>

#include "tests/sim/seeds.h"
#include "tests/sim/whole_cluster_history.h"

namespace cairn::sim {
namespace {

using replication::ReplicationMutants;

TEST(WholeCluster, KeepsAllRecordsWhenItsNodesAreLostOneAfterTheOther) {
    WholeClusterHistory history(1, {});
    history.start();
    history.write_all();
    for (const size_t victim : {0u, 1u, 2u}) {
        history.cluster().kill(victim);
        history.read_all();
        history.cluster().start(victim);
        history.complete();
    }
    history.read_all();
    EXPECT_EQ(history.cluster().violation(), std::nullopt);
    EXPECT_EQ(history.totals().acknowledged, 200u);
    EXPECT_EQ(history.totals().in_doubt, 0u);
    EXPECT_EQ(history.totals().reads, 896u) << "four times all: 200 of the users' own, 24 looks at what they share";
}

class EachSeed : public testing::TestWithParam<uint64_t> {};

TEST_P(EachSeed, LosesNothingThatWasAcknowledged) {
    WholeClusterHistory history(GetParam());
    if (const auto wrong = history.run()) FAIL() << *wrong;
}

INSTANTIATE_TEST_SUITE_P(Seeds, EachSeed, seeds(40), testing::PrintToStringParamName());

TEST(WholeCluster, ReachesWhatItIsAbout) {
    ClusterUser::Totals all;
    for (uint64_t seed = 1; seed <= 2; ++seed) {
        WholeClusterHistory history(seed);
        EXPECT_EQ(history.run(), std::nullopt) << seed;
        const auto totals = history.totals();
        all.acknowledged += totals.acknowledged;
        all.in_doubt += totals.in_doubt;
    }
    std::printf("acknowledged %zu in doubt %zu\n", all.acknowledged, all.in_doubt);
    EXPECT_GT(all.acknowledged, 5000u);
    EXPECT_GT(all.in_doubt, 3u);
}

TEST(WholeCluster, IsTheSameWhenItIsPlayedAgain) {
    WholeClusterHistory one(1, {.lasts = 10s});
    WholeClusterHistory again(1, {.lasts = 10s});
    one.run();
    again.run();
    EXPECT_EQ(one.trace_hash(), again.trace_hash());
}

/// A fault planted in replication.
struct Planted {
    const char* name;
    bool ReplicationMutants::* fault;
};
void PrintTo(const Planted& planted, std::ostream* out) { *out << planted.name; }

class EachFault : public testing::TestWithParam<Planted> {};

TEST_P(EachFault, IsFound) {
    for (uint64_t seed = first_seed(); seed < first_seed() + 3000; ++seed) {
        ClusterShape shape = draw_cluster(Dice(~seed));
        if (shape.lossy()) continue;
        shape.trial.mutants.*GetParam().fault = true;
        WholeClusterHistory history(seed, shape);
        if (const auto found = history.run()) {
            std::printf("found by seed %lu: %s\n", static_cast<unsigned long>(seed),
                        found->substr(0, found->find('\n')).c_str());
            return;
        }
    }
    FAIL() << "3000 seeds did not find it";
}

INSTANTIATE_TEST_SUITE_P(Mutants, EachFault,
                         testing::Values(Planted{"answer_early", &ReplicationMutants::answer_early},
                                         Planted{"no_view_check", &ReplicationMutants::no_view_check},
                                         Planted{"reversed_stamps", &ReplicationMutants::reversed_stamps},
                                         Planted{"drop_early", &ReplicationMutants::drop_early},
                                         Planted{"add_early", &ReplicationMutants::add_early},
                                         Planted{"settle_early", &ReplicationMutants::settle_early}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace cairn::sim
