#pragma once
#include <asio/co_spawn.hpp>

#include <vector>

#include "node/tools/await.h"

namespace cairn::backup {

/// Runs the tasks beside each other on the loop, and waits for all.
inline runtime::Task<void> all_of(runtime::Loop& loop, std::vector<runtime::Task<void>> tasks) {
    size_t left = tasks.size();
    if (left == 0) co_return;
    const auto start = [&](auto done) {
        const auto shared = std::make_shared<decltype(done)>(std::move(done));
        for (auto& task : tasks) {
            asio::co_spawn(loop.executor(), std::move(task), [&left, shared](std::exception_ptr failed) {
                if (failed) std::rethrow_exception(failed);  // a bug: it leaves the loop and aborts
                if (--left == 0) (*shared)(true);
            });
        }
    };
    (void)co_await ctl::until_done<bool>(start);
}

}  // namespace cairn::backup
