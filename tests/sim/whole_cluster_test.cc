// Goal: what a cluster of whole nodes acknowledges is there as long as one node at a time is lost, whatever happens to it;
// additions count once; nobody waits for ever; copies are complete and equal when trouble ends.
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
    EXPECT_EQ(history.totals().reads, 800u);
}

class EachSeed : public testing::TestWithParam<uint64_t> {};

TEST_P(EachSeed, LosesNothingThatWasAcknowledged) {
    WholeClusterHistory history(GetParam(), {});
    EXPECT_EQ(history.run(), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Seeds, EachSeed, seeds(4), testing::PrintToStringParamName());

}  // namespace
}  // namespace cairn::sim
