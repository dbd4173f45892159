#pragma once
#include <cstdint>
#include <optional>

#include "common/base/bytes.h"

/// A write block is chunks one after another; a chunk is what one flush wrote: a header of 64 bytes, records, a filler up
/// to the sector. Layout to the byte: docs/storage-format.md, "Chunk".
namespace cairn::storage {

constexpr uint32_t kChunkHeaderBytes = 64;
constexpr uint32_t kChunkHeaderUnits = 4;
/// A block with less room than this after a chunk takes no other one.
constexpr uint32_t kChunkUnitsMin = 7;

enum class Stream : uint8_t {
    user = 0,
    defrag = 1,
    large = 2,  // one record in a run of contiguous blocks
};

struct ChunkHeader {
    uint32_t units = 0;  // of 16 bytes, header and filler included
    uint64_t block_seq = 0;  // of this life of the block; never 0
    uint32_t block = 0;  // its index on the device
    uint16_t number = 0;  // of the chunk in the block, from 0
    Stream stream = Stream::user;
    bool last = false;  // no chunk follows in this life of the block
    uint64_t device_mark = 0;  // the low half of the device's UUID
    uint32_t records = 0;  // without the filler

    bool operator==(const ChunkHeader&) const = default;
};

/// Writes 64 bytes.
void encode(const ChunkHeader& header, uint8_t* at);

/// What may stand where a chunk header is looked for.
enum class HeaderState : uint8_t {
    zeros,
    unknown,  // nothing that was ever a header of this device
    damaged,  // one whose check is wrong
    valid,
};
struct FoundHeader {
    HeaderState state = HeaderState::zeros;
    ChunkHeader header;  // valid
};
/// @param from         64 bytes.
/// @param device_mark  tells a damaged header from other bytes.
FoundHeader read_chunk_header(const uint8_t* from, uint64_t device_mark);

/// How many bytes a chunk takes; a large one is read with as many blocks as hold them.
constexpr uint64_t chunk_bytes(const ChunkHeader& header) { return uint64_t{header.units} * 16; }

}  // namespace cairn::storage
