#pragma once
#include "tests/sim/forwarding_machine.h"

namespace cairn::sim {

/// A machine like another one, whose power is about to go: its devices take so many more blocking operations, and every
/// one after these fails. Crash the machine afterwards.
class FailingMachine final : public ForwardingMachine {
public:
    FailingMachine(runtime::Machine& machine, uint64_t operations) : ForwardingMachine(machine), left_(operations) {}

    bool failed() const { return failed_; }

private:
    class FailingDevice;
    std::unique_ptr<runtime::Device> wrap(std::unique_ptr<runtime::Device> device) override;
    Result<void> spend();

    uint64_t left_;
    bool failed_ = false;
};

}  // namespace cairn::sim
