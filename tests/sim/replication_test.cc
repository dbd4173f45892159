// Goal: whatever nodes, links and disks do, what was acknowledged is there as long as no more than one node is away since
// all copies were complete; copies become equal; data that moves arrives; after a split both sides are merged.
// Method: ReplicationHistory; one seed is one history. Replay a failing one with --gtest_filter=*/<seed>.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "tests/sim/replication_history.h"
#include "tests/sim/seeds.h"

namespace cairn::sim {
namespace {

using replication::ConflictPolicy;
using replication::ReplicationMutants;

class EachSeed : public testing::TestWithParam<uint64_t> {};

TEST_P(EachSeed, LosesNothingThatWasAcknowledged) {
    ReplicationHistory history(GetParam(), {});
    EXPECT_EQ(history.run(), std::nullopt);
}

TEST_P(EachSeed, BecomesEqualAfterSplits) {
    const auto policy = GetParam() % 2 == 0 ? ConflictPolicy::generation : ConflictPolicy::last_update_time;
    ReplicationHistory history(GetParam(), {.splits = true, .trouble = 30s, .policy = policy});
    EXPECT_EQ(history.run(), std::nullopt);
}

TEST_P(EachSeed, KeepsWhatBothSidesOfASplitWrote) {
    ReplicationHistory history(GetParam(), {.splits = true, .policy = ConflictPolicy::last_update_time});
    EXPECT_EQ(history.run_one_split(), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Seeds, EachSeed, seeds(40), testing::PrintToStringParamName());

TEST(ReplicationHistory, ReachesWhatItIsAbout) {
    ReplicationHistory::Totals all;
    const auto add = [&](const ReplicationHistory::Totals& of) {
        all.acknowledged += of.acknowledged;
        all.in_doubt += of.in_doubt;
        all.syncs += of.syncs;
        all.faults += of.faults;
        all.handed_over += of.handed_over;
        all.erased += of.erased;
        all.counters.resent += of.counters.resent;
        all.counters.refused_stale += of.counters.refused_stale;
        all.counters.resettled += of.counters.resettled;
        all.counters.fill_records += of.counters.fill_records;
        all.counters.fill_removes += of.counters.fill_removes;
        all.counters.fill_buckets_equal += of.counters.fill_buckets_equal;
        all.counters.merge_taken += of.counters.merge_taken;
        all.counters.merge_lost += of.counters.merge_lost;
        all.counters.strikes += of.counters.strikes;
    };
    for (uint64_t seed = 1; seed <= 16; ++seed) {
        ReplicationHistory history(seed, {.splits = seed % 2 == 0});
        EXPECT_EQ(history.run(), std::nullopt);
        add(history.totals());
    }
    std::printf("acknowledged %zu in doubt %zu syncs %zu faults %zu handed over %zu erased %zu\n", all.acknowledged,
                all.in_doubt, all.syncs, all.faults, all.handed_over, all.erased);
    EXPECT_GT(all.acknowledged, 5000u);
    EXPECT_GT(all.in_doubt, 20u);
    EXPECT_GT(all.syncs, 8u);
    EXPECT_GT(all.faults, 10u);
    EXPECT_GT(all.handed_over, 20u);
    EXPECT_GT(all.erased, 20u);
    const auto& of = all.counters;
    for (const uint64_t count : {of.resent, of.refused_stale, of.resettled, of.fill_records, of.fill_removes,
                                 of.fill_buckets_equal, of.merge_taken, of.merge_lost, of.strikes}) {
        std::printf("%lu ", static_cast<unsigned long>(count));
        EXPECT_GT(count, 0u);
    }
    std::printf("\n");
}

TEST(ReplicationHistory, IsTheSameWhenItIsPlayedAgain) {
    for (uint64_t seed = 1; seed <= 2; ++seed) {
        ReplicationHistory one(seed, {.splits = seed % 2 == 0});
        ReplicationHistory again(seed, {.splits = seed % 2 == 0});
        one.run();
        again.run();
        EXPECT_EQ(one.trace_hash(), again.trace_hash()) << "seed " << seed;
    }
}

/// A fault planted in replication.
struct Planted {
    const char* name;
    bool ReplicationMutants::* fault;
    bool splits = false;
    uint64_t first = 1;  // of the seeds, where it is found seldom
};
void PrintTo(const Planted& planted, std::ostream* out) { *out << planted.name; }

class EachFault : public testing::TestWithParam<Planted> {};

TEST_P(EachFault, IsFound) {
    ReplicationMutants mutants;
    mutants.*GetParam().fault = true;
    const uint64_t first = std::max(first_seed(), GetParam().first);
    for (uint64_t seed = first; seed < first + 2000; ++seed) {
        ReplicationHistory history(
            seed, {.splits = GetParam().splits, .mutants = mutants, .policy = ConflictPolicy::last_update_time});
        if (const auto found = GetParam().splits ? history.run_one_split() : history.run()) {
            std::printf("found by seed %lu: %s\n", static_cast<unsigned long>(seed), found->c_str());
            return;
        }
    }
    FAIL() << "2000 seeds did not find it";
}

INSTANTIATE_TEST_SUITE_P(Mutants, EachFault,
                         testing::Values(Planted{"answer_early", &ReplicationMutants::answer_early},
                                         Planted{"no_view_check", &ReplicationMutants::no_view_check},
                                         Planted{"reversed_stamps", &ReplicationMutants::reversed_stamps},
                                         Planted{"drop_early", &ReplicationMutants::drop_early},
                                         Planted{"add_early", &ReplicationMutants::add_early},
                                         Planted{"no_resettle", &ReplicationMutants::no_resettle},
                                         Planted{"no_attempts", &ReplicationMutants::no_attempts, false, 1900},
                                         Planted{"settle_early", &ReplicationMutants::settle_early},
                                         Planted{"forget_merge", &ReplicationMutants::forget_merge, true}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace cairn::sim
