#pragma once
#include <cstddef>
#include <cstdint>

#include "common/base/bytes.h"

/// The form of a HyperLogLog sketch: flags u8 (0), index bits u8, minhash bits u8, cached count u64 little-endian (0:
/// none), then 2^index registers of 6 + minhash bits, packed from the most significant bit on.
/// Format: docs/protocol.md, "HyperLogLog".
namespace cairn::record {

constexpr size_t kSketchHeaderSize = 11;
constexpr uint32_t kRankBits = 6;
constexpr int64_t kIndexBitsMin = 4, kIndexBitsMax = 16;
constexpr int64_t kMinhashBitsMin = 4, kMinhashBitsMax = 51;  // or 0
constexpr int64_t kHashBitsMax = 64;                          // of index and minhash together

constexpr bool valid_index_bits(int64_t bits) { return bits >= kIndexBitsMin && bits <= kIndexBitsMax; }
constexpr bool valid_minhash_bits(int64_t bits) {
    return bits == 0 || (bits >= kMinhashBitsMin && bits <= kMinhashBitsMax);
}

constexpr size_t sketch_size(uint32_t index_bits, uint32_t minhash_bits) {
    return kSketchHeaderSize + (((size_t{kRankBits} + minhash_bits) << index_bits) + 7) / 8;
}

/// Whether these bytes have the form, whatever their registers hold.
inline bool is_sketch(Bytes bytes) {
    return bytes.size() > kSketchHeaderSize && bytes[0] == 0 && valid_index_bits(bytes[1]) &&
           valid_minhash_bits(bytes[2]) && bytes[1] + bytes[2] <= kHashBitsMax &&
           bytes.size() == sketch_size(bytes[1], bytes[2]);
}

}  // namespace cairn::record
