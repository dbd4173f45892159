#include "tests/sim/sim_loop.h"

#include "common/base/check.h"
#include "tests/sim/network.h"

namespace cairn::sim {
namespace {

class SimTimer final : public runtime::Timer {
public:
    explicit SimTimer(SimLoop& loop) : loop_(loop) {}
    ~SimTimer() override { cancel(); }

    void arm(Duration delay, Work work) override {
        cancel();
        auto& scheduler = loop_.scheduler();
        const Duration late = scheduler.dice().once_in(4) ? scheduler.dice().up_to(1ms) : Duration::zero();
        // The work may destroy or re-arm this timer.
        armed_ = scheduler.after(delay + std::min(late, Duration::max() - delay), loop_.id(),
                                 [this, work = std::move(work)]() mutable {
                                     armed_ = {};
                                     work();
                                 });
    }
    void cancel() override {
        loop_.check_here();
        loop_.scheduler().forget(std::exchange(armed_, {}));
    }

private:
    SimLoop& loop_;
    Scheduler::EventId armed_;
};

}  // namespace

SimLoop::SimLoop(Scheduler& scheduler, Network& network, SimMachine& machine, Duration start, const Duration& calendar)
    : scheduler_(scheduler),
      network_(network),
      machine_(machine),
      clock_(scheduler, start, calendar),
      random_(scheduler.dice().next()),
      id_(scheduler.add_loop([this] { clock_.refresh(); })) {}

void SimLoop::check_here() const {
    CAIRN_CHECK(scheduler_.current() == id_ || scheduler_.current() == Scheduler::kNoLoop || !alive());
}

runtime::Clock& SimLoop::clock() {
    check_here();
    return clock_;
}

runtime::Random& SimLoop::random() {
    check_here();
    return random_;
}

std::unique_ptr<runtime::Timer> SimLoop::make_timer() {
    check_here();
    return std::make_unique<SimTimer>(*this);
}

asio::any_io_executor SimLoop::executor() { return SimExecutor(*this); }

void SimLoop::connect(const runtime::Endpoint& to, Connected done, Duration limit) {
    check_here();
    network_.connect(*this, to, std::move(done), limit);
}

void SimLoop::resolve(const std::string& host, std::move_only_function<void(Result<std::vector<std::string>>)> done) {
    check_here();
    network_.resolve(*this, host, std::move(done));
}

}  // namespace cairn::sim
