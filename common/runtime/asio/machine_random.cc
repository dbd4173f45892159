#include "common/runtime/asio/machine_random.h"

#include <random>

namespace cairn::runtime {

MachineRandom::MachineRandom() {
    std::random_device device;
    state_ = uint64_t(device()) << 32 | device();
}

uint64_t MachineRandom::next() {  // SplitMix64
    uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
}

}  // namespace cairn::runtime
