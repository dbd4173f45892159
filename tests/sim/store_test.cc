// Goal: what the store acknowledged is there after every crash, a wrong value is never shown, and a store never refuses
// its own devices.
// Method: StoreHistory; one seed is one history of some lives on blocks of 4 to 16 KiB. Replay a failing one with
// --gtest_filter=*/<seed>.

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/sim/store_history.h"

namespace cairn::sim {
namespace {

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

INSTANTIATE_TEST_SUITE_P(Seeds, EachSeed, testing::Range<uint64_t>(1, 201), testing::PrintToStringParamName());

}  // namespace
}  // namespace cairn::sim
