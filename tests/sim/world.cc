#include "tests/sim/world.h"

#include <cstdlib>

#include "common/base/check.h"

namespace cairn::sim {

World::World(uint64_t seed) : scheduler_(seed), network_(scheduler_) {
    if (std::getenv("CAIRN_SIM_TRACE") != nullptr) scheduler_.trace().print_to(stderr);
}

World::~World() { scheduler_.clear(); }

SimMachine& World::machine(const std::string& name, size_t loops) {
    if (loops == 0) loops = dice().between(1, 4);
    CAIRN_CHECK(loops <= 4);
    machines_.push_back(std::make_unique<SimMachine>(scheduler_, network_, name, machines_.size(), loops));
    return *machines_.back();
}

bool World::run_until(const std::function<bool()>& done, Duration limit) {
    const Instant end = now() + limit;
    while (!done()) {
        if (!scheduler_.step(end)) return done();
    }
    return true;
}

}  // namespace cairn::sim
