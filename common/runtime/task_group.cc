#include "common/runtime/task_group.h"

#include <asio/async_result.hpp>
#include <asio/co_spawn.hpp>
#include <asio/use_awaitable.hpp>

#include <exception>

#include "common/base/check.h"

namespace cairn::runtime {

TaskGroup::~TaskGroup() { CAIRN_CHECK(running_ == 0); }

void TaskGroup::spawn(Task<void> task) {
    CAIRN_CHECK(!stopping_);
    ++running_;
    asio::co_spawn(loop_.executor(), std::move(task), [this](std::exception_ptr failure) {
        CAIRN_CHECK(failure == nullptr);
        if (--running_ == 0 && stopping_ && done_) loop_.post(std::move(done_));
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
    stopping_ = true;
    if (running_ == 0) return loop_.post(std::move(done));
    done_ = std::move(done);
    while (!sleepers_.empty()) wake(sleepers_.begin(), false);
}

}  // namespace cairn::runtime
