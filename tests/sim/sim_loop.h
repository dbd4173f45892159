#pragma once
#include <asio/execution.hpp>
#include <asio/execution_context.hpp>

#include "tests/sim/scheduler.h"

namespace cairn::sim {

class Network;
class SimMachine;

/// Virtual time, shifted: each machine counts from its own start and has its own calendar.
class SimClock final : public runtime::Clock {
public:
    SimClock(const Scheduler& scheduler, Duration start, const Duration& calendar)
        : scheduler_(scheduler), start_(start), calendar_(calendar) {
        refresh();
    }
    void refresh() override {
        now_ = scheduler_.now() + start_;
        epoch_ms_ = static_cast<uint64_t>((scheduler_.now() + calendar_).count() / 1'000'000);
    }

private:
    const Scheduler& scheduler_;
    const Duration start_;
    const Duration& calendar_;  // the machine's; time since 2010-01-01 when the world begins
};

class SimRandom final : public runtime::Random {
public:
    explicit SimRandom(uint64_t seed) : dice_(seed) {}
    uint64_t next() override { return dice_.next(); }

private:
    Dice dice_;
};

/// One worker of a simulated machine. Using it from another loop's work is a mistake that a real machine would punish
/// by a data race: here it aborts.
class SimLoop final : public runtime::Loop {
public:
    SimLoop(Scheduler& scheduler, Network& network, SimMachine& machine, Duration start, const Duration& calendar);

    runtime::Clock& clock() override;
    runtime::Random& random() override;
    void post(Work work) override { scheduler_.post(id_, std::move(work)); }
    std::unique_ptr<runtime::Timer> make_timer() override;
    asio::any_io_executor executor() override;
    void connect(const runtime::Endpoint& to, Connected done, Duration limit = Duration::zero()) override;
    void resolve(const std::string& host,
                 std::move_only_function<void(Result<std::vector<std::string>>)> done) override;

    Scheduler& scheduler() { return scheduler_; }
    SimMachine& machine() { return machine_; }
    Scheduler::LoopId id() const { return id_; }
    bool alive() const { return scheduler_.alive(id_); }
    asio::execution_context& context() { return context_; }
    /// Aborts when another loop's work runs now. (The test outside, and the ruins of a crash, may do as they like.)
    void check_here() const;

private:
    Scheduler& scheduler_;
    Network& network_;
    SimMachine& machine_;
    asio::execution_context context_;
    SimClock clock_;
    SimRandom random_;
    Scheduler::LoopId id_;
};

/// What coroutines are spawned on: the loop's posts.
class SimExecutor {
public:
    explicit SimExecutor(SimLoop& loop) : loop_(&loop) {}

    template <class Function>
    void execute(Function&& function) const {
        loop_->post([run = std::decay_t<Function>(std::forward<Function>(function))]() mutable { std::move(run)(); });
    }
    asio::execution_context& query(asio::execution::context_t) const noexcept { return loop_->context(); }
    static constexpr asio::execution::blocking_t query(asio::execution::blocking_t) noexcept {
        return asio::execution::blocking.never;
    }
    SimExecutor require(asio::execution::blocking_t::never_t) const noexcept { return *this; }
    bool operator==(const SimExecutor&) const noexcept = default;

private:
    SimLoop* loop_;
};

}  // namespace cairn::sim
