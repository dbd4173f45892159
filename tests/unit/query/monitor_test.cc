#include "node/query/monitor.h"

#include <gtest/gtest.h>

namespace cairn::query {
namespace {

std::shared_ptr<Job> job(uint64_t id) {
    auto made = std::make_shared<Job>();
    made->id = id;
    return made;
}

TEST(Monitor, RefusesASecondActiveJobOfTheSameId) {
    Monitor monitor(10);
    const auto first = job(7);
    EXPECT_EQ(monitor.add(first, 10), ResultCode::ok);
    EXPECT_EQ(monitor.add(job(7), 10), ResultCode::parameter);
    monitor.finish(first, JobEnd::ok, 1s);
    EXPECT_EQ(monitor.add(job(7), 10), ResultCode::ok);
}

TEST(Monitor, RefusesMoreThanMayBeActive) {
    Monitor monitor(10);
    const auto first = job(1);
    monitor.add(first, 2);
    monitor.add(job(2), 2);
    EXPECT_EQ(monitor.add(job(3), 2), ResultCode::forbidden);
    monitor.finish(first, JobEnd::ok, 1s);
    EXPECT_EQ(monitor.add(job(3), 2), ResultCode::ok);
}

TEST(Monitor, AbortsActiveJobsOnly) {
    Monitor monitor(10);
    const auto active = job(1);
    const auto done = job(2);
    monitor.add(active, 10);
    monitor.add(done, 10);
    monitor.finish(done, JobEnd::ok, 1s);
    EXPECT_TRUE(monitor.abort(1));
    EXPECT_TRUE(active->abort_asked.load());
    EXPECT_FALSE(monitor.abort(2));
    EXPECT_FALSE(monitor.abort(3));
    EXPECT_EQ(monitor.abort_all(), 1u);
}

TEST(Monitor, RemembersTheLastJobsDone) {
    Monitor monitor(2);
    for (uint64_t id = 1; id <= 3; ++id) {
        const auto each = job(id);
        monitor.add(each, 10);
        monitor.finish(each, JobEnd::ok, 1s);
    }
    EXPECT_EQ(monitor.find(1), nullptr);
    ASSERT_EQ(monitor.all().size(), 2u);
    EXPECT_EQ(monitor.all()[0]->id, 3u);  // the last first
    EXPECT_EQ(monitor.all()[0]->end.load(), JobEnd::ok);
}

}  // namespace
}  // namespace cairn::query
