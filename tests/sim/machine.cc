#include "tests/sim/machine.h"

#include "common/base/check.h"

namespace cairn::sim {

SimMachine::SimMachine(Scheduler& scheduler, Network& network, std::string name, size_t index, size_t loops)
    : scheduler_(scheduler), network_(network), name_(std::move(name)), index_(index), disk_(scheduler) {
    auto& dice = scheduler.dice();
    const Duration started = dice.up_to(std::chrono::hours(1000));
    // 16 years after 2010, and up to 100 ms from what the other machines think.
    calendar_ = std::chrono::hours(24) * 5840 + dice.up_to(100ms);
    for (size_t i = 0; i < loops; ++i)
        loops_.push_back(std::make_unique<SimLoop>(scheduler, network, *this, started, calendar_));
    network.add(*this);
}

void SimMachine::end(bool power_lost) {
    scheduler_.note(power_lost ? "crash" : "kill", index_);
    for (const auto& loop : loops_) CAIRN_CHECK(scheduler_.current() != loop->id());
    disk_.kill();  // first: what is written dies with the loops' work
    if (power_lost) disk_.lose_power();
    network_.crash(*this);
    for (const auto& loop : loops_) scheduler_.set_alive(loop->id(), false);
}

void SimMachine::set_paused(bool paused) {
    scheduler_.note(paused ? "pause" : "resume", index_);
    for (const auto& loop : loops_) scheduler_.set_paused(loop->id(), paused);
}

void SimMachine::restart() {
    CAIRN_CHECK(!alive());
    scheduler_.note("restart", index_);
    for (const auto& loop : loops_) scheduler_.set_alive(loop->id(), true);
}

}  // namespace cairn::sim
