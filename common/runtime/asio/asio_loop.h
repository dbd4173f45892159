#pragma once
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>

#include <memory>

#include "common/runtime/asio/completions.h"
#include "common/runtime/asio/kernel_reads.h"
#include "common/runtime/asio/machine_clock.h"
#include "common/runtime/asio/machine_random.h"
#include "common/runtime/asio/socket_set.h"
#include "common/runtime/loop.h"

namespace cairn::runtime {

/// An io_context run by one thread. The hint spares the locks that only a second thread in the reactor would need.
class AsioLoop final : public Loop {
public:
    AsioLoop()
        : context_(ASIO_CONCURRENCY_HINT_UNSAFE_IO), keep_(context_.get_executor()), sockets_(context_, clock_) {}

    Clock& clock() override { return clock_; }
    Random& random() override { return random_; }
    void post(Work work) override;
    void at_turn_end(Work work) override;
    std::unique_ptr<Timer> make_timer() override;
    asio::any_io_executor executor() override { return context_.get_executor(); }
    void connect(const Endpoint& to, Connected done, Duration limit = Duration::zero()) override;
    void resolve(const std::string& host,
                 std::move_only_function<void(Result<std::vector<std::string>>)> done) override;

    asio::io_context& context() { return context_; }
    SocketSet& sockets() { return sockets_; }
    Completions& completions() { return completions_; }
    KernelReads& kernel_reads() { return kernel_reads_; }
    /// Whether the caller is work of this loop.
    bool running_here() { return context_.get_executor().running_in_this_thread(); }
    /// Until context().stop(). An exception that leaves a handler is a bug and aborts.
    void run() noexcept;

private:
    asio::io_context context_;
    asio::executor_work_guard<asio::io_context::executor_type> keep_;
    MachineClock clock_;
    MachineRandom random_;
    SocketSet sockets_;
    Completions completions_{*this};
    KernelReads kernel_reads_{*this};
};

}  // namespace cairn::runtime
