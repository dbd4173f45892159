#include "tests/sim/watched_disk.h"

#include "node/storage/format/chunk.h"
#include "node/storage/format/snapshot.h"
#include "node/storage/format/superblock.h"

namespace cairn::sim {
namespace {

using runtime::Device;
using runtime::Loop;

class WatchedDevice final : public Device {
public:
    WatchedDevice(std::unique_ptr<Device> device, DeviceWatch& watch) : device_(std::move(device)), watch_(watch) {}

    const std::string& path() const override { return device_->path(); }
    uint64_t size() const override { return device_->size(); }
    uint32_t sector() const override { return device_->sector(); }
    bool direct() const override { return device_->direct(); }
    void read(Loop& home, uint64_t offset, MutableBytes into, Done done) override {
        device_->read(home, offset, into, std::move(done));
    }
    void write(Loop& home, uint64_t offset, Bytes from, Done done) override {
        watch_.saw(path(), offset, from, sector());
        device_->write(home, offset, from, std::move(done));
    }
    void sync(Loop& home, Done done) override { device_->sync(home, std::move(done)); }
    void discard(Loop& home, uint64_t offset, uint64_t bytes, Done done) override {
        device_->discard(home, offset, bytes, std::move(done));
    }
    Result<void> read_now(uint64_t offset, MutableBytes into) override { return device_->read_now(offset, into); }
    Result<void> write_now(uint64_t offset, Bytes from) override {
        watch_.saw(path(), offset, from, sector());
        return device_->write_now(offset, from);
    }
    Result<void> sync_now() override { return device_->sync_now(); }

private:
    const std::unique_ptr<Device> device_;
    DeviceWatch& watch_;
};

}  // namespace

void DeviceWatch::saw(const std::string& path, uint64_t offset, Bytes bytes, uint32_t sector) {
    Seen& seen = devices_[path];
    const auto violate = [&](const std::string& what) {
        if (!violation_) violation_ = what + " at offset " + std::to_string(offset) + " of " + path;
    };
    if (offset < storage::kBlocksOffset) {
        if (offset != storage::kSuperblockOffsets[0] && offset != storage::kSuperblockOffsets[1]) return;
        seen.clean = storage::choose_superblock(bytes, bytes).superblock.clean;
        return;
    }
    if (seen.clean) violate("a block written on a device that is marked clean");
    // In a free block, which is nobody's: what was live there would be missed when it is read.
    if (storage::begins_snapshot_page(bytes)) return;
    const auto [state, header] = storage::read_chunk_header(bytes.data(), 0);
    if (state != storage::HeaderState::valid || storage::chunk_bytes(header) != bytes.size()) {
        return violate("a write that is not one chunk");
    }
    const uint64_t first = (offset - storage::kBlocksOffset) / sector;
    const uint64_t end = first + bytes.size() / sector;
    if (seen.sector_seq.size() < end) seen.sector_seq.resize(end);
    for (uint64_t i = first; i < end; ++i) {
        if (seen.sector_seq[i] >= header.block_seq) violate("a sector written twice in one life of its block");
        seen.sector_seq[i] = header.block_seq;
    }
}

Result<std::unique_ptr<Device>> WatchedMachine::open_device(const std::string& path,
                                                            const runtime::DeviceOptions& options) {
    auto opened = machine_.disk().open_device(path, options);
    if (!opened) return std::unexpected(opened.error());
    return std::make_unique<WatchedDevice>(std::move(*opened), watch_);
}

}  // namespace cairn::sim
