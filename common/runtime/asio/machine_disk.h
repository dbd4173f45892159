#pragma once
#include "common/runtime/asio/io_pool.h"
#include "common/runtime/disk.h"

namespace cairn::runtime {

/// Files and devices of the real machine.
class MachineDisk final : public Disk {
public:
    explicit MachineDisk(IoThreads threads) : pool_(threads) {}
    Result<std::string> read_file(const std::string& path) override;
    Result<void> write_file(const std::string& path, std::string_view content) override;
    Result<void> remove_file(const std::string& path) override;
    Result<std::unique_ptr<Device>> open_device(const std::string& path, const DeviceOptions& options) override;

private:
    IoPool pool_;
};

}  // namespace cairn::runtime
