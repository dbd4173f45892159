#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/runtime/disk.h"
#include "tests/sim/scheduler.h"
#include "tests/sim/volume.h"

namespace cairn::sim {

/// Files and devices in memory. They survive the crash of their machine: files as they were (write_file() is durable
/// when it returns), devices as far as they were synced.
class SimDisk final : public runtime::Disk {
public:
    explicit SimDisk(Scheduler& scheduler) : scheduler_(scheduler) {}

    Result<std::string> read_file(const std::string& path) override;
    Result<void> write_file(const std::string& path, std::string_view content) override;
    void write_file_later(runtime::Loop& home, std::string path, std::string content,
                          runtime::Device::Done done) override;
    Result<void> remove_file(const std::string& path) override;
    Result<std::unique_ptr<runtime::Device>> open_device(const std::string& path,
                                                         const runtime::DeviceOptions& options) override;

    // For tests.
    /// What devices are made of and how fast they are; drawn when it is first asked for, and free to set.
    DiskShape& shape();
    /// What goes wrong by chance from now on, on all devices; nothing at first.
    DiskFaults& faults() { return faults_; }
    /// How often each fault has struck so far.
    const DiskFaults& struck() const { return struck_; }
    /// The next `count` calls of write_file() fail with "No space left on device"; the files keep their old content.
    void fail_writes(size_t count) { writes_to_fail_ = count; }
    /// Room for all files and devices together; what would need more fails with "No space left on device".
    void set_capacity(uint64_t bytes) { capacity_ = bytes; }
    uint64_t used_bytes() const;
    /// Another disk, empty; no process uses this one.
    void wipe();
    const std::map<std::string, std::string>& files() const { return files_; }
    /// The bytes of a device, to look at or to damage; nullptr: there is no such device.
    Medium* medium(const std::string& path);

    // For the machine.
    /// The process is gone: its devices are closed, what was under way is done, undone or torn.
    void kill();
    /// Of what was not synced, the dice decide what remains.
    void lose_power();

private:
    Scheduler& scheduler_;
    std::map<std::string, std::string> files_;
    std::map<std::string, std::shared_ptr<Volume>> volumes_;
    std::optional<DiskShape> shape_;
    DiskFaults faults_;
    DiskFaults struck_;
    struct Later {
        std::string path;
        std::string content;
        runtime::Device::Done done;
        Scheduler::LoopId home;
    };
    std::map<uint64_t, Later> later_;  // files on their way
    uint64_t later_begun_ = 0;
    size_t writes_to_fail_ = 0;
    uint64_t capacity_ = ~0ull;
};

}  // namespace cairn::sim
