#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/runtime/disk.h"
#include "common/runtime/loop.h"
#include "common/runtime/network.h"
#include "common/runtime/process_stats.h"

namespace cairn::runtime {

/// Everything outside the process, as one node sees it: the real one (runtime/asio) or a simulated one (tests/sim).
class Machine {
public:
    virtual ~Machine() = default;

    /// Workers, at least one; loop 0 also carries the control work.
    virtual size_t loop_count() const = 0;
    virtual Loop& loop(size_t index) = 0;
    virtual Disk& disk() = 0;
    /// Reads small files: for control paths, at most once a second. On loop 0 or before the loops run.
    virtual ProcessStats process_stats() = 0;
    /// IP addresses of this machine that others may reach it by: no loopback; IPv4 first.
    virtual std::vector<std::string> local_addresses() = 0;

    /// Start-up work that waits for devices, while the loops run: one at a time.
    /// @param work  runs on a thread of its own, with a clock of its own; it may block.
    /// @param done  runs on loop 0 when it has ended.
    virtual void run_aside(std::move_only_function<void(Clock&)> work, Work done) = 0;
    /// Inside such work: calls `part(i)` for each i below `count` at the same time, and returns when all have ended.
    virtual void side_by_side(size_t count, const std::function<void(size_t)>& part) = 0;

    /// Takes a new connection on the loop it will live on.
    using Accept = std::function<void(size_t loop_index, std::unique_ptr<Socket> socket)>;
    /// Listens on loop 0 and deals connections to all loops in turn; `accept` runs on the chosen loop.
    /// Destroy the listener on loop 0 (or after the loops have stopped). A connection that it has dealt by then is still
    /// on its way to its loop, and arrives there before anything that loop 0 posts afterwards.
    /// @param loops  deal to the first so many alone; 0: to all.
    /// @error  names the address and the reason (in use, not permitted, not an address of this machine).
    virtual Result<std::unique_ptr<Listener>> listen(const Endpoint& at, Accept accept, size_t loops = 0) = 0;
};

}  // namespace cairn::runtime
