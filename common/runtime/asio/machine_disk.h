#pragma once
#include <memory>
#include <vector>

#include "common/runtime/asio/file_writer.h"
#include "common/runtime/asio/io_pool.h"
#include "common/runtime/disk.h"

namespace cairn::runtime {

class AsioLoop;

/// Files and devices of the real machine.
class MachineDisk final : public Disk {
public:
    /// @param loops  of the machine; outlive the disk.
    MachineDisk(IoOptions options, const std::vector<std::unique_ptr<AsioLoop>>& loops)
        : options_(options), loops_(loops), pool_(options) {}
    Result<std::string> read_file(const std::string& path) override;
    Result<void> write_file(const std::string& path, std::string_view content) override;
    void write_file_later(Loop& home, std::string path, std::string content, Device::Done done) override;
    Result<void> remove_file(const std::string& path) override;
    Result<std::unique_ptr<Device>> open_device(const std::string& path, const DeviceOptions& options) override;

private:
    const IoOptions options_;
    const std::vector<std::unique_ptr<AsioLoop>>& loops_;
    IoPool pool_;
    FileWriter writer_;
};

}  // namespace cairn::runtime
