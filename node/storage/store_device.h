#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "common/base/short_lock.h"
#include "common/runtime/device.h"
#include "node/storage/block_table.h"
#include "node/storage/format/cipher.h"
#include "node/storage/format/superblock.h"
#include "node/storage/store.h"

namespace cairn::storage {

/// A write block of one of the store's devices; of a large record, its first.
struct BlockRef {
    uint32_t device = 0;
    uint32_t block = 0;
    bool operator==(const BlockRef&) const = default;
};

/// One device of the store with what is known of its blocks.
struct StoreDevice {
    std::unique_ptr<runtime::Device> device;
    Superblock superblock;  // as it was written last
    std::optional<SecretKey> data_key;
    /// Of blocks below superblock.key_seq, while any is in use.
    std::optional<SecretKey> previous_key;
    /// The data key is a new one for the blocks of this run: superblock.key_seq becomes known when it begins.
    bool key_is_new = false;
    uint32_t index = 0;  // in the set, and in Place
    uint32_t sector = 0;  // bytes; chunks begin at multiples of it
    uint64_t durable_from_seq = UINT64_MAX;  // as the last run left it
    BlockTable blocks;
    ShortLock lock;  // guards free_blocks
    FreeBlocks free_blocks;
    std::atomic<uint64_t> queued_bytes{0};  // of chunks that are closed and not yet written

    /// With the keys of all blocks; nothing without encryption.
    std::unique_ptr<BodyCipher> make_cipher() const {
        if (!data_key) return nullptr;
        constexpr uint64_t kAllSoFar = 1ull << 48;
        auto cipher = std::make_unique<BodyCipher>(*data_key, uint16_t(index));
        const uint64_t key_seq = key_is_new ? kAllSoFar : superblock.key_seq;
        const uint64_t previous_seq = key_is_new ? superblock.key_seq : superblock.previous_key_seq;
        if (previous_key) cipher->keep_previous(*previous_key, key_seq, previous_seq);
        else if (key_seq != 0) cipher->forget_before(key_seq);
        return cipher;
    }
    /// Whether the block is to be written anew under the present data key.
    bool has_old_key(uint32_t block) const {
        return previous_key && blocks[block].seq.load(std::memory_order_relaxed) < superblock.key_seq;
    }

    uint32_t block_bytes() const { return superblock.block_bytes; }
    uint32_t block_units() const { return superblock.block_bytes / record::kUnit; }
    uint64_t offset_of(uint32_t block) const { return kBlocksOffset + uint64_t{block} * superblock.block_bytes; }

    /// The block that holds the unit, and the unit inside it; of a large record always its first block.
    struct InBlock {
        uint32_t block;
        uint32_t unit;
    };
    InBlock locate(const Place& place) const {
        const uint64_t from_first = place.unit() - kBlocksOffset / record::kUnit;
        return {uint32_t(from_first / block_units()), uint32_t(from_first % block_units())};
    }
    Place place(uint32_t block, uint32_t unit, uint32_t units) const {
        return {index, offset_of(block) / record::kUnit + unit, units};
    }
    /// Whether it lies in the write blocks.
    bool holds(const Place& place) const {
        return place.unit() >= kBlocksOffset / record::kUnit && place.units() >= 3 &&
               place.unit() + place.units() <= offset_of(blocks.count()) / record::kUnit;
    }
};

}  // namespace cairn::storage
