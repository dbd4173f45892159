#include "tests/sim/machine.h"

#include "common/base/check.h"

namespace cairn::sim {

Result<std::string> SimDisk::read_file(const std::string& path) {
    const auto found = files_.find(path);
    if (found == files_.end())
        return fail(ResultCode::not_found, "cannot open '" + path + "': No such file or directory");
    return found->second;
}

Result<void> SimDisk::write_file(const std::string& path, std::string_view content) {
    if (writes_to_fail_ > 0) {
        --writes_to_fail_;
        return fail("cannot write '" + path + "': No space left on device");
    }
    files_[path] = content;
    return {};
}

SimMachine::SimMachine(Scheduler& scheduler, Network& network, std::string name, size_t index, size_t loops)
    : scheduler_(scheduler), network_(network), name_(std::move(name)), index_(index) {
    auto& dice = scheduler.dice();
    const Duration started = dice.up_to(std::chrono::hours(1000));
    // 16 years after 2010, and up to 100 ms from what the other machines think.
    calendar_ = std::chrono::hours(24) * 5840 + dice.up_to(100ms);
    for (size_t i = 0; i < loops; ++i)
        loops_.push_back(std::make_unique<SimLoop>(scheduler, network, *this, started, calendar_));
    network.add(*this);
}

void SimMachine::crash() {
    scheduler_.note("crash", index_);
    for (const auto& loop : loops_) CAIRN_CHECK(scheduler_.current() != loop->id());
    network_.crash(*this);
    for (const auto& loop : loops_) scheduler_.set_alive(loop->id(), false);
}

void SimMachine::restart() {
    CAIRN_CHECK(!alive());
    scheduler_.note("restart", index_);
    for (const auto& loop : loops_) scheduler_.set_alive(loop->id(), true);
}

}  // namespace cairn::sim
