#pragma once
#include "common/runtime/random.h"

namespace cairn::runtime {

/// Random bits from a generator seeded by the machine.
class MachineRandom final : public Random {
public:
    MachineRandom();
    uint64_t next() override;

private:
    uint64_t state_;
};

}  // namespace cairn::runtime
