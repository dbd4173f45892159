#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/base/aligned_buffer.h"
#include "common/base/result.h"
#include "common/runtime/disk.h"
#include "node/storage/format/block_walker.h"
#include "node/storage/format/identity.h"
#include "node/storage/format/partition_table.h"

namespace cairn::storage {

/// A device that is looked at while no node has it open. Never written.
class DeviceFile {
public:
    /// @error  it cannot be opened, or is too small to hold a superblock.
    static Result<DeviceFile> open(runtime::Disk& disk, const std::string& path);

    const std::string& path() const { return path_; }
    /// What stands at both places; the rest is of use only when its state is `valid`.
    const SuperblockChoice& superblocks() const { return superblocks_; }
    const Superblock& superblock() const { return superblocks_.superblock; }
    uint64_t size() const { return device_->size(); }
    /// Blocks that lie within the device as it is now.
    uint32_t block_count() const;
    uint64_t byte_of(uint32_t block) const { return kBlocksOffset + uint64_t{block} * superblock().block_bytes; }

    Result<std::vector<TablePage>> read_partition_table();

    struct Block {
        Bytes bytes;  // of the block, or of a large record's whole run; valid until the next call
        ExpectedBlock expected;
        uint32_t blocks = 1;
    };
    Result<Block> read_block(uint32_t block);

private:
    DeviceFile(std::string path, std::unique_ptr<runtime::Device> device)
        : path_(std::move(path)), device_(std::move(device)) {}

    Result<void> read(uint64_t offset, uint64_t bytes, AlignedBuffer& into);

    std::string path_;
    std::unique_ptr<runtime::Device> device_;
    SuperblockChoice superblocks_;
    AlignedBuffer buffer_;
};

/// What walk_device() tells.
class DeviceVisitor {
public:
    virtual ~DeviceVisitor() = default;
    /// Where a record stands; `seq` and `unit` are what its check and its encryption were made with.
    struct At {
        uint32_t block;
        uint64_t seq;
        uint32_t unit;
        uint64_t byte;  // of the device
    };
    /// A verified record, tombstone or set name, as it is stored.
    virtual void record(const record::Head& stored, const At& at) = 0;
    /// A block, or the run of a large record, has been gone through.
    virtual void block(uint32_t block, const WalkReport& report) = 0;
    virtual void unreadable(uint32_t block, const Error& error) = 0;
    /// Asked before each block.
    virtual bool go_on() { return true; }
};

/// Goes through all blocks of a device whose superblock is valid.
void walk_device(DeviceFile& device, DeviceVisitor& visitor);
/// Goes through one block, or the run of the large record that begins there.
/// @return  the next one to go through.
uint32_t walk_block(DeviceFile& device, uint32_t block, DeviceVisitor& visitor);

/// Of each partition, the sequence up to which stored versions are no longer its: the greatest over the devices.
Result<std::vector<uint64_t>> read_floors(std::span<DeviceFile> devices);

/// All devices, each by itself and together; the node and cluster they belong to are not known here.
Result<void> verify_devices(std::span<const DeviceFile> devices);

}  // namespace cairn::storage
