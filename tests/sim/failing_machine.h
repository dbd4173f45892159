#pragma once
#include <memory>
#include <string>
#include <vector>

#include "common/runtime/machine.h"

namespace cairn::sim {

/// A machine like another one, whose power is about to go: its devices take so many more blocking operations, and every
/// one after these fails. Crash the machine afterwards.
class FailingMachine final : public runtime::Machine, public runtime::Disk {
public:
    /// @param machine  outlives this and its devices.
    FailingMachine(runtime::Machine& machine, uint64_t operations) : machine_(machine), left_(operations) {}

    bool failed() const { return failed_; }

    size_t loop_count() const override { return machine_.loop_count(); }
    runtime::Loop& loop(size_t index) override { return machine_.loop(index); }
    runtime::Disk& disk() override { return *this; }
    runtime::ProcessStats process_stats() override { return machine_.process_stats(); }
    std::vector<std::string> local_addresses() override { return machine_.local_addresses(); }
    void run_aside(std::move_only_function<void(runtime::Clock&)> work, runtime::Work done) override {
        machine_.run_aside(std::move(work), std::move(done));
    }
    void side_by_side(size_t count, const std::function<void(size_t)>& part) override {
        machine_.side_by_side(count, part);
    }
    Result<std::unique_ptr<runtime::Listener>> listen(const runtime::Endpoint& at, Accept accept) override {
        return machine_.listen(at, std::move(accept));
    }
    Result<std::string> read_file(const std::string& path) override { return machine_.disk().read_file(path); }
    Result<void> write_file(const std::string& path, std::string_view content) override {
        return machine_.disk().write_file(path, content);
    }
    Result<void> remove_file(const std::string& path) override { return machine_.disk().remove_file(path); }
    Result<std::unique_ptr<runtime::Device>> open_device(const std::string& path,
                                                         const runtime::DeviceOptions& options) override;

private:
    class FailingDevice;
    Result<void> spend();

    runtime::Machine& machine_;
    uint64_t left_;
    bool failed_ = false;
};

}  // namespace cairn::sim
