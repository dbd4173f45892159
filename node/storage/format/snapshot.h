#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "common/base/buffer.h"
#include "common/base/digest.h"
#include "common/base/result.h"
#include "node/storage/format/uuid.h"

/// The index as it was at a clean stop: pages of at most 1 MiB, each with a check of its own. They stand in blocks that
/// are free, so a page is never larger than a write block. Whatever is wrong with it, the answer is a cold start. Layout
/// to the byte: docs/storage-format.md, "Snapshot".
namespace cairn::storage {

constexpr uint32_t kSnapshotPageBytesMax = 1 << 20;
/// A block holds one page or a whole number of them.
constexpr uint32_t snapshot_page_bytes(uint32_t block_bytes) {
    return block_bytes < kSnapshotPageBytesMax ? block_bytes : kSnapshotPageBytesMax;
}

/// Where a page stands.
struct SnapshotPlace {
    uint16_t device = 0;  // index in the set
    uint64_t offset = 0;  // bytes from the start of the device; a multiple of 4096

    static SnapshotPlace from_word(uint64_t word) { return {uint16_t(word >> 48), (word << 16) >> 4}; }
    uint64_t word() const { return uint64_t{device} << 48 | offset >> 12; }
    bool operator==(const SnapshotPlace&) const = default;
};

struct SnapshotInfo {
    uint64_t id = 0;  // the one that the superblocks of all devices name; never 0
    Uuid set;  // of devices
    uint16_t device_count = 1;
    uint16_t entry_bytes = 0;  // of one index entry; 1 to 256
    uint64_t next_block_seq = 0;
    uint64_t entries = 0;  // in the whole snapshot

    bool operator==(const SnapshotInfo&) const = default;
};

struct SnapshotBlock {
    uint64_t seq = 0;  // 0: never used
    uint32_t live_units = 0;
    uint8_t state = 0;  // the engine's
    uint8_t stream = 0;
    uint16_t run = 0;  // blocks of the large record that begins here; else 0

    bool operator==(const SnapshotBlock&) const = default;
};
static_assert(sizeof(SnapshotBlock) == 16);

/// What a snapshot will hold, to know how many pages are enough before it is written.
struct SnapshotContent {
    uint64_t blocks = 0;  // of all devices
    uint64_t devices = 0;
    uint64_t sets = 0;
    uint64_t sequences = 0;  // runs of partitions that have one, and their number
    uint64_t sequence_runs = 0;
    uint64_t entries = 0;
    uint64_t partitions = 0;  // that have entries
};
/// Pages that are enough for it, the list of their places included.
uint64_t snapshot_pages_for(const SnapshotContent& content, uint16_t entry_bytes, uint32_t page_bytes);

/// Puts a snapshot together. Complete pages are appended to `out`: write them, clear it, go on. Order: info (by the
/// constructor), then places, blocks, sets, sequences, entries.
class SnapshotWriter {
public:
    /// @param page_bytes  of each page; a multiple of 4096, up to 1 MiB.
    SnapshotWriter(const SnapshotInfo& info, uint32_t page_bytes, Buffer& out);

    /// Where page 0, 1, ... will stand; more of them than there will be pages does no harm.
    void places(std::span<const SnapshotPlace> places);
    void blocks(uint16_t device_index, uint32_t first_block, std::span<const SnapshotBlock> blocks);
    void set(uint16_t id, std::string_view name);
    /// @param sequences  the last given one of partition `first`, `first` + 1, ... Those not named are 0.
    void sequences(PartitionId first, std::span<const uint64_t> sequences);
    /// Entries of one partition, in key order; a partition may come in pieces, partitions come in order.
    /// @param entries  whole ones, info.entry_bytes each.
    void entries(PartitionId partition, Bytes entries);
    /// The last page. All entries that the info announced have been given.
    void finish();

private:
    uint8_t* item(uint8_t type, uint16_t tag, uint32_t count, uint32_t first, size_t bytes);
    size_t room_for(size_t least);
    void begin_page();
    void close_page(bool last);

    const SnapshotInfo info_;
    const uint32_t page_bytes_;
    Buffer& out_;
    Buffer page_;  // the open one
    uint32_t page_index_ = 0;
    PartitionId partition_ = 0;
    uint64_t entries_ = 0;
};

/// One piece of a snapshot; which members are set depends on the type.
struct SnapshotItem {
    enum class Type : uint8_t { info = 1, blocks = 2, set = 3, sequences = 4, entries = 5, places = 6 };

    Type type;
    SnapshotInfo info;  // info
    uint16_t tag = 0;  // blocks: device; set: id; entries: partition
    uint32_t first = 0;  // blocks, sequences, places: of the first one
    std::span<const SnapshotBlock> blocks;
    std::string_view name;  // set
    std::span<const uint64_t> sequences;
    std::span<const uint64_t> places;  // SnapshotPlace::word(); pages not yet read are named by pages before them
    Bytes entries;
};

/// Reads a snapshot page by page.
class SnapshotReader {
public:
    /// @param id   the one that the superblocks name.
    /// @param set  the devices' set.
    SnapshotReader(uint64_t id, const Uuid& set, uint32_t page_bytes) : id_(id), set_(set), page_bytes_(page_bytes) {}

    /// Takes the next page: all bytes of it, aligned to 8. They stay readable as long as its items are used.
    /// @error  it is damaged, or not the one that follows.
    Result<void> page(Bytes bytes);
    /// The next item of the page.
    /// @return  false: the page is used up.
    /// @error   sizes or order that no writer makes.
    Result<bool> next(SnapshotItem& item);
    /// The last page was read, to its end.
    bool complete() const { return last_ && at_ == page_.size(); }
    const SnapshotInfo& info() const { return info_; }

private:
    bool take(SnapshotItem& item, uint32_t count, Bytes data);
    bool take_info(SnapshotItem& item, Bytes data);
    bool take_entries(SnapshotItem& item, uint32_t count, Bytes data);

    const uint64_t id_;
    const Uuid set_;
    const uint32_t page_bytes_;
    SnapshotInfo info_;
    Bytes page_;  // the used part
    size_t at_ = 0;
    uint32_t next_page_ = 0;
    bool last_ = false;
    uint64_t entries_ = 0;
    PartitionId partition_ = 0;
};

/// Whether the bytes begin as a page does.
bool begins_snapshot_page(Bytes bytes);

/// Makes the check of a page right, whatever its bytes are: for tests.
void seal_snapshot_page(MutableBytes page);

}  // namespace cairn::storage
