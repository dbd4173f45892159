#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "common/runtime/task_group.h"
#include "tests/unit/runtime/machine_contract.h"

namespace cairn::runtime {
namespace {

using LoopContract = MachineContract;
CAIRN_ON_ALL_MACHINES(LoopContract);

TEST_P(LoopContract, RunsPostedWorkLaterAndInOrder) {
    std::vector<int> order;
    rig->run([&] {
        for (int i = 1; i <= 3; ++i) loop.post([&order, i] { order.push_back(i); });
        order.push_back(0);
        loop.post([&] { rig->finish(); });
    });
    EXPECT_EQ(order, (std::vector{0, 1, 2, 3}));
}

TEST_P(LoopContract, RunsWorkOnTheLoopItWasPostedTo) {
    size_t visited = 0;
    std::function<void(size_t)> visit = [&](size_t index) {
        machine.loop(index).clock().now();  // aborts in simulation when it is not this loop's turn
        if (++visited; index + 1 == machine.loop_count()) return rig->finish();
        machine.loop(index + 1).post([&, index] { visit(index + 1); });
    };
    rig->run([&] { visit(0); });
    EXPECT_EQ(visited, machine.loop_count());
}

TEST_P(LoopContract, FiresATimerNotBeforeItsTime) {
    const auto timer = loop.make_timer();
    Instant armed{};
    Instant fired{};
    rig->run([&] {
        armed = loop.clock().now();
        timer->arm(3ms, [&] {
            fired = loop.clock().now();
            rig->finish();
        });
    });
    EXPECT_GE(fired - armed, 3ms);
}

TEST_P(LoopContract, ForgetsWorkOfCancelledRearmedAndDestroyedTimers) {
    auto cancelled = loop.make_timer();
    auto rearmed = loop.make_timer();
    auto destroyed = loop.make_timer();
    auto last = loop.make_timer();
    std::string fired;
    rig->run([&] {
        cancelled->arm(0ms, [&] { fired += "cancelled "; });
        rearmed->arm(0ms, [&] { fired += "old "; });
        destroyed->arm(0ms, [&] { fired += "destroyed "; });
        cancelled->cancel();
        rearmed->arm(1ms, [&] { fired += "new"; });
        destroyed.reset();
        last->arm(20ms, [&] { rig->finish(); });
    });
    EXPECT_EQ(fired, "new");
}

// All are due at once, so the others are already on their way when the first that fires takes them back.
TEST_P(LoopContract, ForgetsTimersThatAreAlreadyDue) {
    std::array<std::unique_ptr<Timer>, 4> timers;
    for (auto& timer : timers) timer = loop.make_timer();
    auto last = loop.make_timer();
    int fired = 0;
    rig->run([&] {
        for (size_t i = 0; i < timers.size(); ++i) {
            timers[i]->arm(0ms, [&, i] {
                ++fired;
                timers[(i + 1) % 4]->cancel();
                timers[(i + 2) % 4].reset();
                timers[(i + 3) % 4]->arm(std::chrono::hours(1), [] {});
            });
        }
        last->arm(20ms, [&] { rig->finish(); });
    });
    EXPECT_EQ(fired, 1);
}

TEST_P(LoopContract, LetsATimersWorkDestroyOrRearmIt) {
    auto once = loop.make_timer();
    auto again = loop.make_timer();
    int rounds = 0;
    std::function<void()> round = [&] {
        if (++rounds == 5) return rig->finish();
        again->arm(0ms, [&] { round(); });
    };
    rig->run([&] {
        once->arm(0ms, [&] {
            once.reset();
            round();
        });
    });
    EXPECT_EQ(rounds, 5);
}

TEST_P(LoopContract, CountsSecondsFrom2010) {
    loop.clock().refresh();
    EXPECT_GT(loop.clock().epoch_s(), 500'000'000u);  // after 2025
    EXPECT_EQ(loop.clock().epoch_s(), loop.clock().epoch_ms() / 1000);
}

Task<void> note_sleep(TaskGroup& group, Duration time, std::string& notes, std::string name) {
    const bool in_time = co_await group.sleep(time);
    notes += name + (in_time ? " " : "! ");
}

using TaskGroupContract = MachineContract;
CAIRN_ON_ALL_MACHINES(TaskGroupContract);

TEST_P(TaskGroupContract, StartsACoroutineAfterTheCallerReturns) {
    TaskGroup group(loop);
    std::string notes;
    rig->run([&] {
        group.spawn(note_sleep(group, 0ms, notes, "task"));
        notes += "caller ";
        loop.post([&] { group.stop([&] { rig->finish(); }); });
    });
    EXPECT_TRUE(notes == "caller task " || notes == "caller task! ") << notes;
}

TEST_P(TaskGroupContract, SleepsInTheOrderOfTime) {
    TaskGroup group(loop);
    std::string notes;
    const auto timer = loop.make_timer();
    rig->run([&] {
        group.spawn(note_sleep(group, 40ms, notes, "late"));
        group.spawn(note_sleep(group, 1ms, notes, "early"));
        timer->arm(100ms, [&] { group.stop([&] { rig->finish(); }); });
    });
    EXPECT_EQ(notes, "early late ");
}

TEST_P(TaskGroupContract, WakesEverySleeperWhenStopped) {
    TaskGroup group(loop);
    std::string notes;
    rig->run([&] {
        group.spawn(note_sleep(group, std::chrono::hours(1), notes, "a"));
        group.spawn(note_sleep(group, std::chrono::hours(2), notes, "a"));
        const auto timer = std::make_shared<std::unique_ptr<Timer>>(loop.make_timer());
        (*timer)->arm(5ms, [&, timer] {
            group.stop([&] {
                notes += "stopped";
                rig->finish();
            });
        });
    });
    EXPECT_EQ(notes, "a! a! stopped");
}

TEST_P(TaskGroupContract, EndsAtOnceWhenEmpty) {
    TaskGroup group(loop);
    std::string notes;
    rig->run([&] {
        group.stop([&] {
            notes += "stopped";
            rig->finish();
        });
        notes += "returned ";
    });
    EXPECT_EQ(notes, "returned stopped");
}

Task<void> count_until_stopped(TaskGroup& group, int& count) {
    while (co_await group.yield()) ++count;
}

TEST_P(TaskGroupContract, LetsOtherWorkRunAtAYield) {
    TaskGroup group(loop);
    int a = 0;
    int b = 0;
    const auto timer = loop.make_timer();
    std::function<void()> look = [&] {
        if (a >= 10 && b >= 10) return group.stop([&] { rig->finish(); });
        timer->arm(0ms, [&] { look(); });
    };
    rig->run([&] {
        group.spawn(count_until_stopped(group, a));
        group.spawn(count_until_stopped(group, b));
        look();
    });
    EXPECT_GE(a, 10);
    EXPECT_GE(b, 10);
}

}  // namespace
}  // namespace cairn::runtime
