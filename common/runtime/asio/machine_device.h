#pragma once
#include <memory>
#include <vector>

#include "common/runtime/asio/io_pool.h"
#include "common/runtime/device.h"

namespace cairn::runtime {

class AsioLoop;

/// A file or block device of the real machine; the pool's threads do its work.
class MachineDevice final : public Device {
public:
    /// @param pool          outlives the device, as the loops do.
    /// @param kernel_reads  whether reads may go without a thread.
    MachineDevice(DeviceFile file, IoPool& pool, const std::vector<std::unique_ptr<AsioLoop>>& loops, bool kernel_reads)
        : file_(std::move(file)),
          pool_(pool),
          loops_(loops),
          kernel_reads_(kernel_reads && file_.direct() && !file_.cached_reads()) {}
    ~MachineDevice() override;

    const std::string& path() const override { return file_.path(); }
    uint64_t size() const override { return file_.size(); }
    uint32_t sector() const override { return file_.sector(); }
    bool direct() const override { return file_.direct(); }

    void read(Loop& home, uint64_t offset, MutableBytes into, Done done) override;
    void write(Loop& home, uint64_t offset, Bytes from, Done done) override;
    void sync(Loop& home, Done done) override;
    void discard(Loop& home, uint64_t offset, uint64_t bytes, Done done) override;

    Result<void> read_now(uint64_t offset, MutableBytes into) override;
    Result<void> write_now(uint64_t offset, Bytes from) override;
    Result<void> sync_now() override;

private:
    const DeviceFile file_;
    IoPool& pool_;
    const std::vector<std::unique_ptr<AsioLoop>>& loops_;
    const bool kernel_reads_;
    IoPool::Client client_{file_};
};

}  // namespace cairn::runtime
