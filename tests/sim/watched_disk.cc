#include "tests/sim/watched_disk.h"

#include "node/storage/format/chunk.h"
#include "node/storage/format/snapshot.h"
#include "node/storage/format/superblock.h"

namespace cairn::sim {
namespace {

class WatchedDevice final : public ForwardingDevice {
public:
    WatchedDevice(std::unique_ptr<runtime::Device> device, DeviceWatch& watch)
        : ForwardingDevice(std::move(device)), watch_(watch) {}

    void write(runtime::Loop& home, uint64_t offset, Bytes from, Done done) override {
        watch_.saw(path(), offset, from, sector());
        ForwardingDevice::write(home, offset, from, std::move(done));
    }
    Result<void> write_now(uint64_t offset, Bytes from) override {
        watch_.saw(path(), offset, from, sector());
        return ForwardingDevice::write_now(offset, from);
    }

private:
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

std::unique_ptr<runtime::Device> WatchedMachine::wrap(std::unique_ptr<runtime::Device> device) {
    return std::make_unique<WatchedDevice>(std::move(device), watch_);
}

}  // namespace cairn::sim
