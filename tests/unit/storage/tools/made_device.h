#pragma once
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/runtime/disk.h"
#include "node/storage/format/partition_table.h"
#include "node/storage/format/superblock.h"
#include "tests/unit/storage/made_block.h"

/// Devices in memory, made by the writers that a node uses.
namespace cairn::storage::test {

class MemoryDisk final : public runtime::Disk {
public:
    std::map<std::string, std::vector<uint8_t>> files;
    /// Reads of these bytes of any device fail.
    uint64_t bad_byte = UINT64_MAX;

    Result<std::string> read_file(const std::string& path) override {
        const auto found = files.find(path);
        if (found == files.end()) return fail(ResultCode::not_found, path + ": no such file");
        return std::string(as_text(found->second));
    }
    Result<void> write_file(const std::string&, std::string_view) override { return fail("read-only"); }
    void write_file_later(runtime::Loop&, std::string, std::string, runtime::Device::Done) override { std::abort(); }
    Result<void> remove_file(const std::string&) override { return fail("read-only"); }
    Result<std::unique_ptr<runtime::Device>> open_device(const std::string& path,
                                                         const runtime::DeviceOptions& options) override {
        EXPECT_TRUE(options.read_only);
        const auto found = files.find(path);
        if (found == files.end()) return fail(ResultCode::not_found, path + ": no such file");
        return std::make_unique<Open>(path, found->second, *this);
    }

private:
    class Open final : public runtime::Device {
    public:
        Open(std::string path, const std::vector<uint8_t>& bytes, const MemoryDisk& disk)
            : path_(std::move(path)), bytes_(bytes), disk_(disk) {}
        const std::string& path() const override { return path_; }
        uint64_t size() const override { return bytes_.size(); }
        uint32_t sector() const override { return 512; }
        bool direct() const override { return false; }
        void read(runtime::Loop&, uint64_t, MutableBytes, Done) override {}
        void write(runtime::Loop&, uint64_t, Bytes, Done) override {}
        void sync(runtime::Loop&, Done) override {}
        void discard(runtime::Loop&, uint64_t, uint64_t, Done) override {}
        Result<void> read_now(uint64_t offset, MutableBytes into) override {
            EXPECT_TRUE(offset % 512 == 0 && into.size() % 512 == 0 && offset + into.size() <= bytes_.size());
            if (disk_.bad_byte >= offset && disk_.bad_byte < offset + into.size())
                return fail(path_ + ": Input/output error");
            std::memcpy(into.data(), &bytes_[offset], into.size());
            return {};
        }
        Result<void> write_now(uint64_t, Bytes) override { return fail("read-only"); }
        Result<void> sync_now() override { return fail("read-only"); }

    private:
        std::string path_;
        const std::vector<uint8_t>& bytes_;
        const MemoryDisk& disk_;
    };
};

constexpr uint32_t kBlockBytes = 8192;
constexpr uint32_t kBlocks = 6;

/// The superblock of one device of two, left in order.
inline Superblock made_superblock(uint16_t index = 0, uint16_t count = 1) {
    Superblock one;
    one.write_number = 2;
    one.set.bytes.fill(0x5E);
    one.device.bytes.fill(uint8_t(0xD0 + index));
    one.node_id = 0xA1;
    one.device_index = index;
    one.device_count = count;
    one.block_bytes = kBlockBytes;
    one.sector_bytes = 512;
    one.device_bytes = kBlocksOffset + kBlocks * kBlockBytes;
    one.namespace_name = "test";
    one.clean = true;
    one.run_seq = 1;
    return one;
}

/// Writes a device block by block.
class DeviceMaker {
public:
    DeviceMaker(MemoryDisk& disk, const std::string& path, Superblock superblock)
        : superblock_(std::move(superblock)), bytes_(disk.files[path]) {
        bytes_.assign(superblock_.device_bytes, 0);
        const MutableBytes all(bytes_);
        for (const uint64_t number : {superblock_.write_number - 1, superblock_.write_number}) {
            Superblock one = superblock_;
            one.write_number = number;
            encode(one, all.subspan(one.place(), kSuperblockBytes));
        }
        encode_new_table(superblock_.device_mark(), all.subspan(kPartitionTableOffsets[0], kTableBytes),
                         all.subspan(kPartitionTableOffsets[1], kTableBytes));
    }

    struct Put {
        const MadeRecord& record;
        std::string set;
    };
    /// Chunks of records; the last one is the block's last.
    /// @return  where the records stand, in bytes of the device.
    std::vector<uint64_t> chunks(uint32_t block, uint64_t seq, const std::vector<std::vector<Put>>& all,
                                 BodyCipher* cipher = nullptr, Stream stream = Stream::user, uint32_t blocks = 1) {
        Aligned buffer(size_t{blocks} * kBlockBytes);
        BlockWriter writer(buffer.bytes(), superblock_.sector_bytes,
                           {.device_mark = superblock_.device_mark(),
                            .device_index = superblock_.device_index,
                            .block = block,
                            .seq = seq,
                            .stream = stream},
                           cipher);
        const uint64_t begin = kBlocksOffset + uint64_t{block} * kBlockBytes;
        std::vector<uint64_t> places;
        for (size_t i = 0; i < all.size(); ++i) {
            for (const auto& [record, set] : all[i]) {
                const auto place = writer.append(record.head(), set);
                EXPECT_TRUE(place);
                places.push_back(begin + place->unit * record::kUnit);
            }
            writer.close_chunk(i + 1 == all.size());
        }
        std::memcpy(&bytes_[begin], buffer.data(), buffer.size());
        return places;
    }
    /// One chunk.
    std::vector<uint64_t> block(uint32_t block, uint64_t seq, const std::vector<Put>& records,
                                BodyCipher* cipher = nullptr, Stream stream = Stream::user, uint32_t blocks = 1) {
        return chunks(block, seq, {records}, cipher, stream, blocks);
    }
    void table_page(const TablePage& page, uint32_t index) {
        const uint64_t at = kPartitionTableOffsets[page.place()] + uint64_t{index} * kTablePageBytes;
        encode_table_page(page, index, superblock_.device_mark(), MutableBytes(bytes_).subspan(at, kTablePageBytes));
    }
    std::vector<uint8_t>& bytes() { return bytes_; }

private:
    const Superblock superblock_;
    std::vector<uint8_t>& bytes_;
};

}  // namespace cairn::storage::test
