// Goal: what a namespace on devices acknowledged is there after every crash, in the newest version, durable deletes stay,
// and every read brings what the index says.
// Method: NamespaceHistory; one seed is one history of some lives of the production index, store and loader on blocks of
// 4 or 8 KiB. Replay a failing one with --gtest_filter=*/<seed>; CAIRN_SIM_SEEDS=<first>-<last> plays others.
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/sim/namespace_history.h"
#include "tests/sim/seeds.h"

namespace cairn::sim {
namespace {

class EachSeed : public testing::TestWithParam<uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, EachSeed, seeds(300), testing::PrintToStringParamName());

TEST_P(EachSeed, FindsTheNewestOfWhatWasAcknowledged) {
    NamespaceHistory history(GetParam(), {});
    EXPECT_EQ(history.run(), std::nullopt);
}

TEST(NamespaceHistory, ReachesWhatItIsAbout) {
    NamespaceHistory::Totals all;
    for (uint64_t seed = 1; seed <= 40; ++seed) {
        NamespaceHistory history(seed, {});
        EXPECT_EQ(history.run(), std::nullopt);
        const auto& of = history.totals();
        all.acknowledged += of.acknowledged;
        all.deleted += of.deleted;
        all.erased += of.erased;
        all.cold_reads += of.cold_reads;
        all.crashes += of.crashes;
        all.defragged += of.defragged;
    }
    EXPECT_GT(all.acknowledged, 1000u);
    EXPECT_GT(all.deleted, 100u);
    EXPECT_GT(all.erased, 100u);
    EXPECT_GT(all.cold_reads, 200u);
    EXPECT_GT(all.crashes, 50u);
    EXPECT_GT(all.defragged, 20u);
}

class EachFault : public testing::TestWithParam<std::pair<const char*, NamespaceHistory::Plan>> {};

TEST_P(EachFault, IsFound) {
    for (uint64_t seed = first_seed(); seed < first_seed() + 2000; ++seed) {
        NamespaceHistory history(seed, GetParam().second);
        if (const auto found = history.run()) {
            std::printf("found by seed %lu: %s\n", static_cast<unsigned long>(seed), found->c_str());
            return;
        }
    }
    FAIL() << "2000 seeds did not find it";
}

INSTANTIATE_TEST_SUITE_P(Mutants, EachFault,
                         testing::Values(std::pair("wrong_version_wins", NamespaceHistory::Plan{.oldest_wins = true}),
                                         std::pair("no_sync", NamespaceHistory::Plan{.mutants = {.no_sync = true}})),
                         [](const auto& info) { return std::string(info.param.first); });

}  // namespace
}  // namespace cairn::sim
