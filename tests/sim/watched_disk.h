#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/runtime/machine.h"

namespace cairn::sim {

/// What every storage device may be told to write, whoever writes it and over all its runs: looks at what goes by.
/// S11: a sector is written once in a block's life, and lives have growing sequences. S18: no block is written while the
/// superblock says that the device was left in order.
class DeviceWatch {
public:
    void saw(const std::string& path, uint64_t offset, Bytes bytes, uint32_t sector);
    const std::optional<std::string>& violation() const { return violation_; }

private:
    struct Seen {
        std::vector<uint64_t> sector_seq;  // of the block life that wrote it last
        bool clean = false;
    };
    std::map<std::string, Seen> devices_;
    std::optional<std::string> violation_;
};

/// A machine like another one, whose devices are watched.
class WatchedMachine final : public runtime::Machine, public runtime::Disk {
public:
    /// Both outlive this.
    WatchedMachine(runtime::Machine& machine, DeviceWatch& watch) : machine_(machine), watch_(watch) {}

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
    runtime::Machine& machine_;
    DeviceWatch& watch_;
};

}  // namespace cairn::sim
