// Goal: what one node is told of system metadata holds on all, whatever happens to processes, disks and connections.
// Method: MetadataHistory; one seed is one history. Replay a failing one with --gtest_filter=*/<seed>.

#include <gtest/gtest.h>

#include "tests/sim/metadata_history.h"
#include "tests/sim/seeds.h"

namespace cairn::sim {
namespace {

class EachSeed : public testing::TestWithParam<uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, EachSeed, seeds(40), testing::PrintToStringParamName());

TEST_P(EachSeed, OkHoldsOnAllMembersAndWhateverComes) {
    MetadataHistory history(GetParam(), {});
    EXPECT_EQ(history.run(), std::nullopt);
    EXPECT_GT(history.answered_ok(), 0u);
}

TEST_P(EachSeed, CopiesConvergeWhenDisksForget) {
    MetadataHistory history(GetParam(), {.wipes = true});
    EXPECT_EQ(history.run(), std::nullopt);
}

/// Whether a fault is found within so many seeds.
bool found(const smd::MachineMutants& mutants, uint64_t count = 100) {
    for (uint64_t seed = first_seed(); seed < first_seed() + count; ++seed) {
        MetadataHistory history(seed, {.mutants = mutants});
        if (const auto what = history.run()) {
            std::printf("  seed %lu: %s\n", static_cast<unsigned long>(seed), what->c_str());
            return true;
        }
    }
    return false;
}

TEST(Planted, AnswersBeforeAllHaveIt) { EXPECT_TRUE(found({.answers_before_all = true})); }
TEST(Planted, AnswersBeforeItIsDurable) { EXPECT_TRUE(found({.answers_before_durable = true})); }
TEST(Planted, ServesBeforeItHasEverything) { EXPECT_TRUE(found({.serves_before_all = true})); }
TEST(Planted, AChangeGetsNoHigherVersion) { EXPECT_TRUE(found({.same_version = true})); }
TEST(Planted, ARepeatedRequestIsDoneAgain) { EXPECT_TRUE(found({.repeats_requests = true})); }

}  // namespace
}  // namespace cairn::sim
