#include "node/storage/tools/device_file.h"

#include <algorithm>

namespace cairn::storage {

Result<DeviceFile> DeviceFile::open(runtime::Disk& disk, const std::string& path) {
    auto device = disk.open_device(path, {.direct = false, .read_only = true});
    if (!device) return std::unexpected(std::move(device.error()));
    if ((*device)->size() < 2 * kSuperblockBytes) {
        return fail("device " + path + " has " + std::to_string((*device)->size()) +
                    " bytes: too few for a superblock");
    }
    DeviceFile file(path, std::move(*device));
    if (auto done = file.read(0, 2 * kSuperblockBytes, file.buffer_); !done)
        return std::unexpected(std::move(done.error()));
    const Bytes both = file.buffer_.bytes();
    file.superblocks_ =
        choose_superblock(both.first(kSuperblockBytes), both.subspan(kSuperblockBytes, kSuperblockBytes));
    return file;
}

Result<void> DeviceFile::read(uint64_t offset, uint64_t bytes, AlignedBuffer& into) {
    if (into.size() < bytes) into = AlignedBuffer((bytes + AlignedBuffer::kAlignment - 1) & -AlignedBuffer::kAlignment);
    return device_->read_now(offset, into.span().first(bytes));
}

uint32_t DeviceFile::block_count() const {
    Superblock present = superblock();
    present.device_bytes = std::min(present.device_bytes, size());
    return uint32_t(present.block_count());
}

Result<std::vector<TablePage>> DeviceFile::read_partition_table() {
    if (size() < kBlocksOffset) return fail("device " + path_ + " is too small for its partition table");
    AlignedBuffer tables[2];
    for (size_t i = 0; i < 2; ++i) {
        if (auto done = read(kPartitionTableOffsets[i], kTableBytes, tables[i]); !done)
            return std::unexpected(done.error());
    }
    return choose_table(tables[0].bytes(), tables[1].bytes(), superblock().device_mark());
}

Result<DeviceFile::Block> DeviceFile::read_block(uint32_t block) {
    const Superblock& is = superblock();
    if (auto done = read(byte_of(block), is.block_bytes, buffer_); !done)
        return std::unexpected(std::move(done.error()));
    uint32_t blocks = 1;
    const auto first = first_chunk(buffer_.bytes().first(is.block_bytes), is.device_mark(), block);
    if (first && first->stream == Stream::large) {
        const uint64_t run = (chunk_bytes(*first) + is.block_bytes - 1) / is.block_bytes;
        // A run that leaves the device is left to the walker, which finds that the chunk does not fit.
        if (run > 1 && run <= block_count() - block) {
            blocks = uint32_t(run);
            if (auto done = read(byte_of(block), run * is.block_bytes, buffer_); !done)
                return std::unexpected(done.error());
        }
    }
    return Block{.bytes = buffer_.bytes().first(uint64_t{blocks} * is.block_bytes),
                 .expected = {.device_mark = is.device_mark(),
                              .block = block,
                              .sector_bytes = is.sector_bytes,
                              .block_bytes = is.block_bytes,
                              .durable_from_seq = is.durable_from_seq()},
                 .blocks = blocks};
}

uint32_t walk_block(DeviceFile& device, uint32_t block, DeviceVisitor& visitor) {
    const auto read = device.read_block(block);
    if (!read) {
        visitor.unreadable(block, read.error());
        return block + 1;
    }
    BlockWalker walker(read->bytes, read->expected);
    while (const record::Head* stored = walker.next()) {
        visitor.record(*stored, {.block = block,
                                 .seq = walker.seq(),
                                 .unit = walker.unit(),
                                 .byte = device.byte_of(block) + uint64_t{walker.unit()} * record::kUnit});
    }
    visitor.block(block, walker.report());
    // Of a run that was given up, the other blocks may be in use by themselves.
    return block + (walker.report().overwritten ? 1 : read->blocks);
}

void walk_device(DeviceFile& device, DeviceVisitor& visitor) {
    const uint32_t count = device.block_count();
    for (uint32_t block = 0; block < count && visitor.go_on();) block = walk_block(device, block, visitor);
}

Result<std::vector<uint64_t>> read_floors(std::span<DeviceFile> devices) {
    std::vector<uint64_t> floors(kPartitionCount, 0);
    for (DeviceFile& device : devices) {
        const auto table = device.read_partition_table();
        if (!table) return fail("device " + device.path() + ": " + table.error().detail);
        for (size_t i = 0; i < floors.size(); ++i) {
            const TablePage& page = (*table)[table_page_of(PartitionId(i))];
            floors[i] = std::max(floors[i], page.partitions[i % kTablePageEntries].floor_sequence);
        }
    }
    return floors;
}

Result<void> verify_devices(std::span<const DeviceFile> devices) {
    std::vector<NamedSuperblock> all;
    for (const DeviceFile& device : devices) {
        const Superblock& is = device.superblock();
        const ExpectedDevice expected{.path = device.path(),
                                      .namespace_name = is.namespace_name,
                                      .cluster = {},
                                      .node_id = is.node_id,
                                      .device_count = is.device_count,
                                      .device_bytes = device.size()};
        if (auto verified = verify(device.superblocks(), expected); !verified) return verified;
        all.push_back({device.path(), is});
    }
    return verify_set(all);
}

}  // namespace cairn::storage
