#pragma once
#include <cstdint>
#include <cstring>

#include "common/base/bytes.h"
#include "common/base/digest.h"

namespace cairn::record {

/// Records are placed and sized in units of 16 bytes.
constexpr uint32_t kUnit = 16;
/// Largest record: 8 MiB.
constexpr uint32_t kUnitsMax = 8u << 20 >> 4;

enum class Kind : uint8_t { record = 0, tombstone = 1, set_name = 2, filler = 3 };

/// The first 48 bytes of every stored record; the same bytes in memory, in a backing file and on a device.
/// Layout to the bit: docs/storage-format.md, "Record". Bins follow, then 0 to 15 bytes of padding.
struct Head {
    uint32_t units : 20;  // the whole record, in 16-byte units
    uint32_t kind : 2;    // Kind
    uint32_t has_key : 1;
    uint32_t compressed : 1;
    uint32_t encrypted : 1;
    uint32_t in_sindex : 1;
    uint32_t from_xdr : 1;
    uint32_t cenotaph : 1;
    uint32_t replication : 2;  // state: from here on in memory only, outside the check
    uint32_t taken : 1;
    uint32_t dead : 1;
    uint16_t generation;  // 1 to 65535
    uint16_t set_id : 12;  // 0: no set
    uint16_t pad : 4;      // unused bytes at the end
    uint32_t void_time;    // seconds since 2010; 0: never expires
    uint8_t lut[5];        // last update, milliseconds since 2010
    uint8_t sequence[6];   // per partition, +1 for each accepted version
    uint8_t format;        // 0
    Digest digest;
    uint32_t check;  // low half of XXH3-64; computed where bytes leave memory

    uint64_t last_update_ms() const {
        uint64_t value = 0;
        std::memcpy(&value, lut, sizeof(lut));
        return value;
    }
    void set_last_update_ms(uint64_t value) { std::memcpy(lut, &value, sizeof(lut)); }
    uint64_t sequence_number() const {
        uint64_t value = 0;
        std::memcpy(&value, sequence, sizeof(sequence));
        return value;
    }
    void set_sequence(uint64_t value) { std::memcpy(sequence, &value, sizeof(sequence)); }

    const uint8_t* body() const { return reinterpret_cast<const uint8_t*>(this + 1); }
    uint8_t* body() { return reinterpret_cast<uint8_t*>(this + 1); }
    const uint8_t* body_end() const { return reinterpret_cast<const uint8_t*>(this) + units * kUnit - pad; }
    uint32_t size() const { return units * kUnit - pad; }
};
static_assert(sizeof(Head) == 48);

constexpr uint32_t units_for(uint64_t bytes) { return static_cast<uint32_t>((bytes + kUnit - 1) / kUnit); }

}  // namespace cairn::record
