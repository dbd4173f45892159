#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/runtime/machine.h"
#include "tests/sim/network.h"
#include "tests/sim/sim_disk.h"
#include "tests/sim/sim_loop.h"

namespace cairn::sim {

/// One simulated machine of a World.
class SimMachine final : public runtime::Machine {
public:
    SimMachine(Scheduler& scheduler, Network& network, std::string name, size_t index, size_t loops);

    size_t loop_count() const override { return loops_.size(); }
    runtime::Loop& loop(size_t index) override { return *loops_.at(index); }
    runtime::Disk& disk() override { return disk_; }
    runtime::ProcessStats process_stats() override { return {}; }  // the same on every replay
    std::vector<std::string> local_addresses() override { return {address()}; }
    void run_aside(std::move_only_function<void(runtime::Clock&)> work, runtime::Work done) override {
        aside_ = [this, work = std::move(work), done = std::move(done)]() mutable {
            work(loop(0).clock());
            loop(0).post(std::move(done));
        };
        if (!holds_aside_) release_aside();
    }
    void side_by_side(size_t count, const std::function<void(size_t)>& part) override {
        for (size_t i = 0; i < count; ++i) part(i);
    }
    Result<std::unique_ptr<runtime::Listener>> listen(const runtime::Endpoint& at, Accept accept,
                                                      size_t loops = 0) override {
        return network_.listen(*this, at, std::move(accept), loops);
    }

    const std::string& name() const { return name_; }
    size_t index() const { return index_; }
    /// "10.0.0.1" for the first machine.
    std::string address() const { return "10.0.0." + std::to_string(index_ + 1); }
    SimLoop& sim_loop(size_t index) { return *loops_.at(index); }
    SimDisk& sim_disk() { return disk_; }
    bool alive() const { return loops_[0]->alive(); }

    /// The machine loses its power: its loops run nothing more, its peers see their connections break, and its devices
    /// keep what was synced, and of the rest what the dice say. Destroy what lived on it afterwards. (Block the network
    /// first to play a machine that vanishes without a word.)
    void crash() { end(true); }
    /// Only the machine's process dies: as crash(), but its devices keep all that was answered.
    void kill() { end(false); }
    /// After crash() or kill() and destroying what lived there: the loops take work again, the disk is as it was left.
    void restart();
    /// Its process stands still, while its clock and its network go on; false: it goes on. A machine that ends is not
    /// paused any more.
    void set_paused(bool paused);
    /// What run_aside() is given from now on waits for release_aside().
    void hold_aside() { holds_aside_ = true; }
    void release_aside() { loop(0).post(std::exchange(aside_, nullptr)); }
    /// Sets the machine's calendar forward or back.
    void step_calendar(Duration by) { calendar_ += by; }

private:
    void end(bool power_lost);

    Scheduler& scheduler_;
    Network& network_;
    const std::string name_;
    const size_t index_;
    Duration calendar_;  // time since 2010-01-01 when the world began
    std::vector<std::unique_ptr<SimLoop>> loops_;
    SimDisk disk_;
    bool holds_aside_ = false;
    runtime::Work aside_;
};

}  // namespace cairn::sim
