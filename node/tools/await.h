#pragma once
#include <asio/async_result.hpp>
#include <asio/use_awaitable.hpp>

#include <memory>
#include <utility>

#include "common/runtime/loop.h"

namespace cairn::ctl {

/// Waits for a callback: `start(done)` begins the work, and `done(T)` runs once, later, on the loop.
template <class T, class Start>
runtime::Task<T> until_done(Start start) {
    const auto wait = [&start](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        start([shared](T value) { std::move (*shared)(std::move(value)); });
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(T)>(wait, asio::use_awaitable);
}

}  // namespace cairn::ctl
