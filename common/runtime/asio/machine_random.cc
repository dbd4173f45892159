#include "common/runtime/asio/machine_random.h"

#include <random>

#include "common/base/split_mix.h"

namespace cairn::runtime {

MachineRandom::MachineRandom() {
    std::random_device device;
    state_ = uint64_t(device()) << 32 | device();
}

uint64_t MachineRandom::next() { return next_split_mix(state_); }

}  // namespace cairn::runtime
