// Goal: what the store acknowledged is there after every crash, a wrong value is never shown, and a store never refuses
// its own devices.
// Method: StoreHistory; one seed is one history of some lives on blocks of 4 to 16 KiB. Replay a failing one with
// --gtest_filter=*/<seed>. CAIRN_SIM_SEEDS=<first>-<last> plays others than the usual ones.

#include <gtest/gtest.h>

#include <cstdio>

#include "tests/sim/seeds.h"
#include "tests/sim/store_history.h"

namespace cairn::sim {
namespace {

using storage::StoreMutants;

class EachSeed : public testing::TestWithParam<uint64_t> {};

TEST_P(EachSeed, LosesNothingOnAnHonestDisk) {
    StoreHistory history(GetParam(), {});
    EXPECT_EQ(history.run(), std::nullopt);
}

TEST_P(EachSeed, AcknowledgesNothingThatAFailingDiskLost) {
    StoreHistory history(GetParam(), {.trouble = DiskTrouble::failing});
    EXPECT_EQ(history.run(), std::nullopt);
}

TEST_P(EachSeed, ShowsNoWrongValueOfALyingDisk) {
    StoreHistory history(GetParam(), {.trouble = DiskTrouble::lying});
    EXPECT_EQ(history.run(), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Seeds, EachSeed, seeds(300), testing::PrintToStringParamName());

TEST(StoreHistory, ReachesWhatItIsAbout) {
    StoreHistory::Totals all;
    for (uint64_t seed = 1; seed <= 30; ++seed) {
        StoreHistory history(seed, {});
        EXPECT_EQ(history.run(), std::nullopt);
        const auto& of = history.totals();
        all.acknowledged += of.acknowledged;
        all.moved += of.moved;
        all.reads += of.reads;
        all.torn += of.torn;
        all.refused += of.refused;
        all.large += of.large;
        all.crashes += of.crashes;
        all.fast += of.fast;
        all.fell_back += of.fell_back;
        all.ended += of.ended;
    }
    EXPECT_GT(all.acknowledged, 1000u);
    EXPECT_GT(all.moved, 100u);
    EXPECT_GT(all.reads, 500u);
    EXPECT_GT(all.torn, 10u);
    EXPECT_GT(all.refused, 5u);
    EXPECT_GT(all.large, 20u);
    EXPECT_GT(all.crashes, 50u);
    EXPECT_GT(all.fast, 8u);
    EXPECT_GT(all.fell_back, 0u);
    EXPECT_GT(all.ended, 50u);
}

TEST(StoreHistory, IsTheSameWhenItIsPlayedAgain) {
    for (uint64_t seed = 1; seed <= 10; ++seed) {
        StoreHistory one(seed, {.trouble = DiskTrouble::failing});
        StoreHistory again(seed, {.trouble = DiskTrouble::failing});
        one.run();
        again.run();
        EXPECT_EQ(one.trace_hash(), again.trace_hash()) << "seed " << seed;
    }
}

/// A fault planted in the store, and the kind of disk on which it shows.
struct Planted {
    const char* name;
    bool StoreMutants::* fault;
    DiskTrouble trouble = DiskTrouble::none;
};
void PrintTo(const Planted& planted, std::ostream* out) { *out << planted.name; }

class EachFault : public testing::TestWithParam<Planted> {};

TEST_P(EachFault, IsFound) {
    StoreMutants mutants;
    mutants.*GetParam().fault = true;
    for (uint64_t seed = first_seed(); seed < first_seed() + 2000; ++seed) {
        StoreHistory history(seed, {.trouble = GetParam().trouble, .mutants = mutants});
        if (const auto found = history.run()) {
            std::printf("found by seed %lu: %s\n", static_cast<unsigned long>(seed), found->c_str());
            return;
        }
    }
    FAIL() << "2000 seeds did not find it";
}

INSTANTIATE_TEST_SUITE_P(Mutants, EachFault,
                         testing::Values(Planted{"no_sync", &StoreMutants::no_sync},
                                         Planted{"free_at_once", &StoreMutants::free_at_once},
                                         Planted{"sync_own_device", &StoreMutants::sync_own_device},
                                         Planted{"check_not_read", &StoreMutants::check_not_read, DiskTrouble::lying},
                                         Planted{"rewrite_tail", &StoreMutants::rewrite_tail},
                                         Planted{"ignore_failure", &StoreMutants::ignore_failure, DiskTrouble::failing},
                                         Planted{"reuse_sequences", &StoreMutants::reuse_sequences},
                                         Planted{"late_clean_mark", &StoreMutants::late_clean_mark},
                                         Planted{"snapshot_not_checked", &StoreMutants::snapshot_not_checked},
                                         Planted{"raid_unread", &StoreMutants::raid_unread},
                                         Planted{"raid_used_only", &StoreMutants::raid_used_only}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace cairn::sim
