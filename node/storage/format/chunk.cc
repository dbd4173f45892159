#include "node/storage/format/chunk.h"

#include <algorithm>
#include <cstring>

#include "common/base/hash.h"

namespace cairn::storage {
namespace {

// Read as a record's first word it is one of no units, so that a header is never taken for a record.
constexpr uint32_t kMagic = 0xC4100000;
constexpr uint64_t kFormat = 1;
constexpr size_t kUnits = 4, kBlockSeq = 8, kBlock = 16, kNumber = 20, kStream = 22, kFlags = 23, kDeviceMark = 24,
                 kRecords = 32, kFormatAt = 48, kCheck = 56;
constexpr uint8_t kFlagLast = 1;

}  // namespace

void encode(const ChunkHeader& header, uint8_t* at) {
    std::memset(at, 0, kChunkHeaderBytes);
    store_le(at, kMagic);
    store_le(at + kUnits, header.units);
    store_le(at + kBlockSeq, header.block_seq);
    store_le(at + kBlock, header.block);
    store_le(at + kNumber, header.number);
    at[kStream] = uint8_t(header.stream);
    at[kFlags] = header.last ? kFlagLast : 0;
    store_le(at + kDeviceMark, header.device_mark);
    store_le(at + kRecords, header.records);
    store_le(at + kFormatAt, kFormat);
    store_le(at + kCheck, hash64({at, kCheck}));
}

FoundHeader read_chunk_header(const uint8_t* from, uint64_t device_mark) {
    if (std::all_of(from, from + kChunkHeaderBytes, [](uint8_t byte) { return byte == 0; })) return {};
    const bool magic = load_le<uint32_t>(from) == kMagic;
    const bool sealed = load_le<uint64_t>(from + kCheck) == hash64({from, kCheck});
    if (!magic || !sealed || load_le<uint64_t>(from + kFormatAt) != kFormat) {
        // Of one flipped byte, either the magic or the device's mark is left.
        const bool ours = magic || load_le<uint64_t>(from + kDeviceMark) == device_mark;
        return {ours ? HeaderState::damaged : HeaderState::unknown, {}};
    }
    ChunkHeader header;
    header.units = load_le<uint32_t>(from + kUnits);
    header.block_seq = load_le<uint64_t>(from + kBlockSeq);
    header.block = load_le<uint32_t>(from + kBlock);
    header.number = load_le<uint16_t>(from + kNumber);
    header.stream = Stream(from[kStream]);
    header.last = (from[kFlags] & kFlagLast) != 0;
    header.device_mark = load_le<uint64_t>(from + kDeviceMark);
    header.records = load_le<uint32_t>(from + kRecords);
    return {HeaderState::valid, header};
}

}  // namespace cairn::storage
