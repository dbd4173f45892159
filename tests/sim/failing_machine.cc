#include "tests/sim/failing_machine.h"

namespace cairn::sim {

class FailingMachine::FailingDevice final : public ForwardingDevice {
public:
    FailingDevice(std::unique_ptr<runtime::Device> device, FailingMachine& machine)
        : ForwardingDevice(std::move(device)), machine_(machine) {}

    Result<void> read_now(uint64_t offset, MutableBytes into) override {
        if (auto spent = machine_.spend(); !spent) return spent;
        return ForwardingDevice::read_now(offset, into);
    }
    Result<void> write_now(uint64_t offset, Bytes from) override {
        if (auto spent = machine_.spend(); !spent) return spent;
        return ForwardingDevice::write_now(offset, from);
    }
    Result<void> sync_now() override {
        if (auto spent = machine_.spend(); !spent) return spent;
        return ForwardingDevice::sync_now();
    }

private:
    FailingMachine& machine_;
};

std::unique_ptr<runtime::Device> FailingMachine::wrap(std::unique_ptr<runtime::Device> device) {
    return std::make_unique<FailingDevice>(std::move(device), *this);
}

Result<void> FailingMachine::spend() {
    failed_ |= left_ == 0;
    if (failed_) return fail("the power is gone");
    --left_;
    return {};
}

}  // namespace cairn::sim
