#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/machine.h"
#include "tests/sim/network.h"
#include "tests/sim/scheduler.h"

namespace cairn::sim {

/// A world of machines in one thread, in virtual time. Every choice (which loop works next, how late and in which
/// pieces bytes arrive, how many loops a machine has) is drawn from the seed, so one seed is one history, and a failing
/// one can be run again. Declare it first: what lives on its machines is destroyed before it (docs/simulation.md).
/// With CAIRN_SIM_TRACE=1 in the environment each event is a line on stderr.
class World {
public:
    explicit World(uint64_t seed);
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    /// A new machine.
    /// @param loops  1 to 4; 0: drawn by the seed.
    SimMachine& machine(const std::string& name, size_t loops = 0);

    /// Runs until `done` holds, looking after each piece of work.
    /// @return  false when `limit` of virtual time has passed without it.
    bool run_until(const std::function<bool()>& done, Duration limit = 60s);
    void run_for(Duration time) {
        run_until([] { return false; }, time);
    }

    Instant now() const { return scheduler_.now(); }
    Network& network() { return network_; }
    /// For the test's own choices: which key, when to cut.
    Dice& dice() { return scheduler_.dice(); }
    /// The history so far as one number.
    uint64_t trace_hash() { return scheduler_.trace().hash(); }
    Scheduler& scheduler() { return scheduler_; }

private:
    Scheduler scheduler_;
    Network network_;
    std::vector<std::unique_ptr<SimMachine>> machines_;
};

}  // namespace cairn::sim
