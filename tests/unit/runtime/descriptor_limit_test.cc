#include <gtest/gtest.h>

#include <sys/resource.h>

#include "common/runtime/asio/descriptor_limit.h"

namespace cairn::runtime {
namespace {

TEST(DescriptorLimit, IsRaisedToTheHardOne) {
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit low = before;
    low.rlim_cur = 100;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);

    const uint64_t raised = raise_descriptor_limit();

    rlimit now{};
    getrlimit(RLIMIT_NOFILE, &now);
    setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_EQ(now.rlim_cur, before.rlim_max);
    EXPECT_EQ(raised, before.rlim_max == RLIM_INFINITY ? ~uint64_t{0} : before.rlim_max);
}

}  // namespace
}  // namespace cairn::runtime
