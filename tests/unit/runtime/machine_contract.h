#pragma once
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "tests/unit/runtime/rig.h"

namespace cairn::runtime {

/// What common/runtime promises, held against the real machine (with one and two loops, and with threads for
/// all reads of devices) and against twenty simulated ones. Objects that live on loops are members of the test or destroyed before the rig.
struct MachineKind {
    std::string name;
    std::function<std::unique_ptr<Rig>()> make;
    friend void PrintTo(const MachineKind& kind, std::ostream* out) { *out << kind.name; }
};

class MachineContract : public testing::TestWithParam<MachineKind> {
protected:
    std::unique_ptr<Rig> rig = GetParam().make();
    Machine& machine = rig->machine();
    Loop& loop = machine.loop(0);
};

inline std::vector<MachineKind> all_machines() {
    std::vector<MachineKind> kinds;
    for (const size_t loops : {1, 2}) {
        kinds.push_back({"Real" + std::to_string(loops), [loops] { return std::make_unique<RealRig>(loops); }});
    }
    kinds.push_back({"RealThreads", [] { return std::make_unique<RealRig>(2, IoOptions{.kernel_reads = false}); }});
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        kinds.push_back({"Sim" + std::to_string(seed), [seed] { return std::make_unique<SimRig>(seed); }});
    }
    return kinds;
}

#define CAIRN_ON_ALL_MACHINES(suite) \
    INSTANTIATE_TEST_SUITE_P(Machines, suite, testing::ValuesIn(all_machines()), \
                             [](const auto& info) { return info.param.name; })

}  // namespace cairn::runtime
