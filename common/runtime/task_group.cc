#include "common/runtime/task_group.h"

#include <asio/async_result.hpp>
#include <asio/co_spawn.hpp>
#include <asio/use_awaitable.hpp>

#include <exception>
#include <utility>

#include "common/base/check.h"

namespace cairn::runtime {

/// One coroutine's place in the count: given back when it ends, and also when it is destroyed without ending.
struct TaskGroup::Running {
    explicit Running(TaskGroup& group) : group_(&group) { ++group.running_; }
    Running(Running&& other) noexcept : group_(std::exchange(other.group_, nullptr)) {}
    Running& operator=(Running&&) = delete;
    ~Running() { end(); }
    void end() {
        if (group_ != nullptr) --std::exchange(group_, nullptr)->running_;
    }

private:
    TaskGroup* group_;
};

TaskGroup::~TaskGroup() {
    stopping_ = true;
    while (!sleepers_.empty()) {
        // On a loop that takes no more work this destroys the coroutine, whose destructors may look at the group.
        const auto last = std::move(sleepers_.front());
        sleepers_.pop_front();
    }
    CAIRN_CHECK(running_ == 0);
}

void TaskGroup::spawn(Task<void> task) {
    CAIRN_CHECK(!stopping_);
    asio::co_spawn(loop_.executor(), std::move(task),
                   [this, running = Running(*this)](std::exception_ptr failure) mutable {
                       CAIRN_CHECK(failure == nullptr);
                       running.end();
                       if (running_ == 0 && done_) loop_.post(std::move(done_));
                   });
}

Task<bool> TaskGroup::sleep(Duration duration) {
    if (stopping_) co_return false;
    const auto wait = [this, duration](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        sleepers_.push_front({loop_.make_timer(), [shared](bool in_time) { std::move (*shared)(in_time); }});
        const auto self = sleepers_.begin();
        self->timer->arm(duration, [this, self] { wake(self, true); });
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(bool)>(wait, asio::use_awaitable);
}

void TaskGroup::wake(std::list<Sleeper>::iterator sleeper, bool in_time) {
    auto wake = std::move(sleeper->wake);
    sleepers_.erase(sleeper);
    wake(in_time && !stopping_);
}

void TaskGroup::stop(Work done) {
    CAIRN_CHECK(!stopping_);
    stopping_ = true;
    if (running_ == 0) return loop_.post(std::move(done));
    done_ = std::move(done);
    while (!sleepers_.empty()) wake(sleepers_.begin(), false);
}

}  // namespace cairn::runtime
