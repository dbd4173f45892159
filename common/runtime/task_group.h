#pragma once
#include <functional>
#include <list>
#include <memory>

#include "common/base/time.h"
#include "common/runtime/loop.h"

namespace cairn::runtime {

/// Background coroutines of one owner on one loop, and their end: a member of the owner, so that nothing it started
/// outlives it. All calls belong to the loop. Coroutines wait only through sleep() and yield(), which return false
/// once stop() was called; they then return soon. Destroying the group while one runs is a bug and aborts; only on a
/// machine that crashed in simulation they die where they sleep.
class TaskGroup {
public:
    explicit TaskGroup(Loop& loop) : loop_(loop) {}
    ~TaskGroup();
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;

    Loop& loop() { return loop_; }
    bool stopping() const { return stopping_; }

    /// Starts `task` on the loop, not before the caller returns. An exception that leaves it is a bug and aborts.
    void spawn(Task<void> task);

    /// @return  false when the group is stopping; the time may not have passed then.
    Task<bool> sleep(Duration duration);
    /// Lets other work of the loop run: between the steps of long work. @return as sleep().
    Task<bool> yield() { return sleep(Duration::zero()); }

    /// Wakes every sleeper; `done` runs on the loop when the last coroutine has ended. Call it once.
    void stop(Work done);

private:
    struct Sleeper {
        std::unique_ptr<Timer> timer;
        std::move_only_function<void(bool)> wake;
    };
    struct Running;
    void wake(std::list<Sleeper>::iterator sleeper, bool in_time);

    Loop& loop_;  // outlives the group
    size_t running_ = 0;
    std::list<Sleeper> sleepers_;
    bool stopping_ = false;
    Work done_;
};

}  // namespace cairn::runtime
