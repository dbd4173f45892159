#pragma once
#include <array>
#include <cstdint>
#include <string>

#include "common/base/bytes.h"
#include "node/storage/format/uuid.h"

/// The first 8 KiB of a device: whose it is, how it is cut, whether it was left in order.
/// Layout to the byte: docs/storage-format.md, "Superblock".
namespace cairn::storage {

constexpr uint32_t kFormatVersion = 1;
constexpr uint32_t kSuperblockBytes = 4096;
constexpr uint64_t kSuperblockOffsets[2] = {0, kSuperblockBytes};
constexpr uint64_t kPartitionTableOffsets[2] = {64 << 10, 640 << 10};
/// Write blocks begin here.
constexpr uint64_t kBlocksOffset = 8 << 20;
constexpr size_t kNamespaceNameMax = 31;
constexpr uint16_t kDevicesMax = 128;

enum class BodyEncryption : uint8_t { none = 0, aes_256_gcm = 1 };
/// A device's data key, wrapped by the master key (RFC 3394).
using WrappedKey = std::array<uint8_t, 40>;

struct Superblock {
    /// +1 each time one is written; places A and B take turns, odd numbers are in A.
    uint64_t write_number = 0;
    Uuid cluster;
    Uuid set;  // all devices of one namespace on one node
    Uuid device;
    uint64_t node_id = 0;
    uint16_t device_index = 0;  // in the set; less than device_count
    uint16_t device_count = 1;
    uint32_t block_bytes = 0;   // of a write block; a power of two
    uint32_t sector_bytes = 0;  // chunks begin at multiples of it; a power of two
    uint64_t device_bytes = 0;
    std::string namespace_name;  // 1 to 31 bytes
    BodyEncryption encryption = BodyEncryption::none;
    WrappedKey wrapped_key{};
    /// Blocks of a lower sequence were encrypted with the previous data key; 0: the data key never changed. The previous
    /// key is kept while any of them is in use, then zeros: what they hold is garbage.
    uint64_t key_seq = 0;
    /// Blocks below it are under keys that are gone for good: nothing in them is in use.
    uint64_t previous_key_seq = 0;
    WrappedKey previous_key{};
    bool has_previous_key() const { return previous_key != WrappedKey{}; }
    /// Left in order: all that was written is durable, each open block was ended by a last chunk, and the snapshot, if
    /// any, is that of this moment.
    bool clean = false;
    uint64_t snapshot_id = 0;  // 0: none
    uint64_t snapshot_place = 0;  // of its first page: SnapshotPlace::word()
    /// The first block sequence of the node's present or last run.
    uint64_t run_seq = 0;

    uint64_t block_count() const {
        return block_bytes == 0 || device_bytes < kBlocksOffset ? 0 : (device_bytes - kBlocksOffset) / block_bytes;
    }
    /// The low half of the device's UUID, which every chunk repeats.
    uint64_t device_mark() const { return device.low(); }
    /// Where this superblock is to be written.
    uint64_t place() const { return kSuperblockOffsets[write_number % 2 == 0 ? 1 : 0]; }
    /// Blocks of this sequence or a later one were left in order: damage at their end is no torn write.
    uint64_t durable_from_seq() const { return clean ? run_seq : UINT64_MAX; }

    bool operator==(const Superblock&) const = default;
};

/// Writes all 4096 bytes.
void encode(const Superblock& superblock, MutableBytes into);

enum class SuperblockState : uint8_t {
    blank,  // both places are zeros: a new device
    unknown,  // something else is there
    unfinished,  // the first one was cut off while it was written: nothing was ever stored there
    damaged,  // ours, but neither place has a whole one
    newer,  // written by a newer version of the format
    valid,
};

struct SuperblockChoice {
    SuperblockState state = SuperblockState::blank;
    uint32_t version = 0;  // newer: its format
    Superblock superblock;  // valid: the newest
    /// One place of a valid pair is not whole. It may have been the newer one, so `superblock.clean` is then false.
    bool one_damaged = false;
};

/// The newest valid one of both places, 4096 bytes each.
SuperblockChoice choose_superblock(Bytes a, Bytes b);

}  // namespace cairn::storage
