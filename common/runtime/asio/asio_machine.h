#pragma once
#include <cstddef>
#include <functional>
#include <memory>

#include "common/runtime/asio/io_pool.h"
#include "common/runtime/machine.h"

namespace cairn::runtime {

/// The real machine: `loops` event loops on epoll, each run by a thread of its own. Sockets, timers and listeners are
/// destroyed before it. Work that still waits when it stops is destroyed without running.
class AsioMachine final : public Machine {
public:
    /// @param loops       workers, 1 to 1024.
    /// @param io     how devices are read and written; no thread starts before one is used.
    explicit AsioMachine(size_t loops, IoOptions io = {});
    ~AsioMachine() override;

    size_t loop_count() const override;
    Loop& loop(size_t index) override;
    Disk& disk() override;
    ProcessStats process_stats() override;
    std::vector<std::string> local_addresses() override;
    void run_aside(std::move_only_function<void(Clock&)> work, Work done) override;
    void side_by_side(size_t count, const std::function<void(size_t)>& part) override;
    Result<std::unique_ptr<Listener>> listen(const Endpoint& at, Accept accept, size_t loops = 0) override;

    /// Runs loop 0 on the calling thread and the others on new ones, until stop(); then joins them.
    void run();
    /// Makes run() return once the handlers now running have ended; for good. Callable from any thread.
    void stop();

    /// `handler(signal)` runs on loop 0 for each of `signals`, instead of what an earlier call asked for. Call it before
    /// run() or on loop 0.
    void on_signals(std::initializer_list<int> signals, std::function<void(int)> handler);

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

/// Workers for this process: the CPUs it may run on (affinity and cgroup quota), at least 1.
size_t usable_cpus();
/// Memory this process may use: of the machine, or its container's limit. 0 when neither can be read.
uint64_t usable_memory_bytes();

}  // namespace cairn::runtime
