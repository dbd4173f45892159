#include "common/base/split_mix.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

// Recorded seeds name the same histories only as long as these numbers stay.
TEST(SplitMix, GivesThePublishedNumbers) {
    uint64_t state = 1234567;
    EXPECT_EQ(next_split_mix(state), 6457827717110365317u);
    EXPECT_EQ(next_split_mix(state), 3203168211198807973u);
    EXPECT_EQ(next_split_mix(state), 9817491932198370423u);
    EXPECT_EQ(next_split_mix(state), 4593380528125082431u);
    EXPECT_EQ(next_split_mix(state), 16408922859458223821u);
}

}  // namespace
}  // namespace cairn
