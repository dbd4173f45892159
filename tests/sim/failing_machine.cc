#include "tests/sim/failing_machine.h"

namespace cairn::sim {

using runtime::Device;
using runtime::Loop;

class FailingMachine::FailingDevice final : public Device {
public:
    FailingDevice(std::unique_ptr<Device> device, FailingMachine& machine)
        : device_(std::move(device)), machine_(machine) {}

    const std::string& path() const override { return device_->path(); }
    uint64_t size() const override { return device_->size(); }
    uint32_t sector() const override { return device_->sector(); }
    bool direct() const override { return device_->direct(); }
    void read(Loop& home, uint64_t offset, MutableBytes into, Done done) override {
        device_->read(home, offset, into, std::move(done));
    }
    void write(Loop& home, uint64_t offset, Bytes from, Done done) override {
        device_->write(home, offset, from, std::move(done));
    }
    void sync(Loop& home, Done done) override { device_->sync(home, std::move(done)); }
    void discard(Loop& home, uint64_t offset, uint64_t bytes, Done done) override {
        device_->discard(home, offset, bytes, std::move(done));
    }
    Result<void> read_now(uint64_t offset, MutableBytes into) override {
        if (auto spent = machine_.spend(); !spent) return spent;
        return device_->read_now(offset, into);
    }
    Result<void> write_now(uint64_t offset, Bytes from) override {
        if (auto spent = machine_.spend(); !spent) return spent;
        return device_->write_now(offset, from);
    }
    Result<void> sync_now() override {
        if (auto spent = machine_.spend(); !spent) return spent;
        return device_->sync_now();
    }

private:
    const std::unique_ptr<Device> device_;
    FailingMachine& machine_;
};

Result<std::unique_ptr<Device>> FailingMachine::open_device(const std::string& path,
                                                            const runtime::DeviceOptions& options) {
    auto opened = machine_.disk().open_device(path, options);
    if (!opened) return std::unexpected(opened.error());
    return std::make_unique<FailingDevice>(std::move(*opened), *this);
}

Result<void> FailingMachine::spend() {
    failed_ |= left_ == 0;
    if (failed_) return fail("the power is gone");
    --left_;
    return {};
}

}  // namespace cairn::sim
