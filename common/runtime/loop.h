#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include "common/base/time.h"
#include "common/runtime/clock.h"
#include "common/runtime/network.h"
#include "common/runtime/random.h"

namespace cairn::runtime {

using Work = std::move_only_function<void()>;

/// A coroutine of a control path. Data-path code uses callbacks and plain steps instead (docs/decisions/002-runtime.md).
template <class T>
using Task = asio::awaitable<T>;

/// A one-shot timer of one loop. Destroying or re-arming it forgets the work armed before.
class Timer {
public:
    virtual ~Timer() = default;
    virtual void arm(Duration delay, Work work) = 0;
    virtual void cancel() = 0;
};

/// One worker: a thread's event loop with its clock, chance and sockets. All calls but post() belong to the loop's own
/// thread; work posted to one loop runs one after another.
class Loop {
public:
    virtual ~Loop() = default;

    virtual Clock& clock() = 0;
    virtual Random& random() = 0;
    /// Runs `work` on this loop, after what runs now and after what the same thread posted here before. Callable from any
    /// thread.
    virtual void post(Work work) = 0;
    /// Runs `work` when the events at hand have been delivered: what many sockets brought can be looked at together.
    virtual void at_turn_end(Work work) { post(std::move(work)); }
    virtual std::unique_ptr<Timer> make_timer() = 0;
    /// For coroutines: what they are spawned on.
    virtual asio::any_io_executor executor() = 0;
    using Connected = std::move_only_function<void(Result<std::unique_ptr<Socket>>)>;
    /// Opens a connection; `done` runs once, later, on this loop.
    /// @param limit     the attempt ends after it; zero: when the machine gives up.
    /// @error not_found  refused: the machine at this address is there, and nobody listens on the port.
    /// @error timeout    no answer within `limit`.
    virtual void connect(const Endpoint& to, Connected done, Duration limit = Duration::zero()) = 0;
    /// Finds all addresses of a name, IPv4 and IPv6, ascending; an address is its own. `done` runs once, later, on this
    /// loop.
    /// @error not_found  there is no such name, or it has no address; any other code: nobody could be asked.
    virtual void resolve(const std::string& host,
                         std::move_only_function<void(Result<std::vector<std::string>>)> done) = 0;
};

}  // namespace cairn::runtime
