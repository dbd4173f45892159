#pragma once
#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/base/bytes.h"
#include "node/record/layout.h"
#include "node/storage/format/chunk.h"

namespace cairn::storage {

class BodyCipher;

/// One use of a write block: from being taken to being free again.
struct BlockLife {
    uint64_t device_mark = 0;  // Superblock::device_mark()
    uint16_t device_index = 0;
    uint32_t block = 0;  // its index on the device; a large record's first
    uint64_t seq = 0;    // strictly growing in the namespace, over restarts too; never 0
    Stream stream = Stream::user;
};

/// An open write block: records are put together in its buffer and leave as chunks, each written once. Owned by one
/// worker, so it has no locks. Places never move, and what was closed is never touched again: the buffer serves reads
/// meanwhile. No I/O here: close_chunk() says what is to be written where.
class BlockWriter {
public:
    /// @param buffer        the whole block, or the run of blocks of a large record; address and size are multiples of
    ///                      `sector_bytes` (at least of 16). Outlives this.
    /// @param sector_bytes  chunks begin at multiples of it.
    /// @param cipher        encrypts bodies; nothing: they stay plain. Outlives this.
    BlockWriter(MutableBytes buffer, uint32_t sector_bytes, const BlockLife& life, BodyCipher* cipher = nullptr);

    struct Place {
        uint32_t unit;  // from the start of the block
        uint8_t* at;  // of `units` units, not cleared
    };
    /// Room for a record of `units` and, before the first of its set in a chunk, for the set's name. Build the record
    /// there, plain or compressed, then finish() it before anything else.
    /// @param set_name  1 to 63 bytes when set_id is not 0.
    /// @return  nothing when the block has no room for it.
    std::optional<Place> place(uint32_t units, uint16_t set_id, std::string_view set_name);
    /// Clears the padding, encrypts, sets the check. From now on the record's bytes do not change.
    /// @return  units in the block: one more than place() was asked for when it is encrypted.
    uint32_t finish(const Place& place);
    /// place(), copy, finish(): for records that exist elsewhere.
    /// @param record  plain or compressed, not encrypted.
    std::optional<Place> append(const record::Head& record, std::string_view set_name);

    struct Write {
        uint32_t offset;  // bytes from the start of the block, a multiple of the sector
        Bytes bytes;  // whole sectors
    };
    /// Closes what was put since the last one. The next record goes to the next sector.
    /// @param last  no chunk follows: at a clean stop, or when the block is given up.
    /// @return  what to write; nothing when there is nothing new, and then `last` has no effect on a block that was
    ///          sealed() before.
    std::optional<Write> close_chunk(bool last);

    /// Records wait for close_chunk().
    bool pending() const { return chunk_begin_ != end_; }
    /// Its last chunk was closed.
    bool sealed() const { return sealed_; }
    /// Units up to the end of what was put.
    uint32_t filled_units() const { return end_; }
    const BlockLife& life() const { return life_; }
    Bytes bytes() const { return buffer_; }

private:
    void begin_chunk();
    void put_set_name(uint16_t set_id, std::string_view name);
    uint8_t* at(uint32_t unit) { return buffer_.data() + size_t{unit} * record::kUnit; }

    const MutableBytes buffer_;
    const uint32_t sector_units_;
    const uint32_t capacity_;  // units
    const BlockLife life_;
    BodyCipher* const cipher_;
    uint32_t chunk_begin_ = 0;  // of the open chunk; a multiple of the sector
    uint32_t end_ = 0;  // of what was put
    uint32_t records_ = 0;  // in the open chunk
    uint16_t chunk_number_ = 0;
    bool sealed_ = false;
    // Sets whose name the open chunk has. For each chunk anew, so that a chunk can be read when an earlier one is lost.
    std::bitset<4096> named_;
};

/// Units of a set's pseudo-record.
constexpr uint32_t set_name_units(std::string_view name) {
    return record::units_for(sizeof(record::Head) + name.size());
}

}  // namespace cairn::storage
