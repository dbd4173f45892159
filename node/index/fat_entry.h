#pragma once
#include <cstdint>
#include <cstring>

#include "common/base/digest.h"
#include "node/index/entry.h"
#include "node/record/layout.h"

namespace cairn::index {

/// What the index keeps of a record whose bytes are on a device: the whole digest but for the partition's own bits,
/// where the record is, and all metadata that commands decide by, so that what needs no bin reads no device.
struct FatEntry {
    static constexpr uint32_t kSplitLow = 40;
    static constexpr uint32_t kLeafMax = 90;

    uint64_t key;         // Digest::order()
    uint64_t place;       // storage::Place::word()
    uint8_t rest[10];     // bytes 10 to 19 of the digest
    uint16_t set_nibble;  // set id << 4 | low half of the digest's byte 9
    uint32_t void_time;
    uint8_t lut[5];
    uint8_t flags;
    uint16_t generation;

    static constexpr uint8_t kTombstone = 1, kHasKey = 2, kFromXdr = 4, kCenotaph = 8;

    uint32_t tag() const { return tag_of(key); }
    Handle handle() const { return place; }
    void set_handle(Handle handle) { place = handle; }
    static FatEntry make(uint64_t key, Handle handle) {
        FatEntry entry{};
        entry.key = key;
        entry.place = handle;
        return entry;
    }

    static FatEntry of(const record::Head& head, uint64_t place) {
        FatEntry entry = make(head.digest.order(), place);
        std::memcpy(entry.rest, &head.digest.bytes[10], sizeof(rest));
        entry.set_nibble = static_cast<uint16_t>(head.set_id << 4 | (head.digest.bytes[9] & 0xF));
        entry.void_time = head.void_time;
        std::memcpy(entry.lut, head.lut, sizeof(lut));
        entry.flags = static_cast<uint8_t>((head.kind == uint32_t(record::Kind::tombstone) ? kTombstone : 0) |
                                           (head.has_key ? kHasKey : 0) | (head.from_xdr ? kFromXdr : 0) |
                                           (head.cenotaph ? kCenotaph : 0));
        entry.generation = head.generation;
        return entry;
    }
    bool is(const Digest& digest) const {
        return key == digest.order() && (set_nibble & 0xF) == (digest.bytes[9] & 0xF) &&
               std::memcmp(rest, &digest.bytes[10], sizeof(rest)) == 0;
    }
    bool tombstone() const { return (flags & kTombstone) != 0; }
    uint16_t set_id() const { return set_nibble >> 4; }

    /// The metadata as a record's head; sequence, padding and body are not known.
    /// @param units  stored size, in 16-byte units.
    record::Head head(PartitionId partition, uint32_t units) const {
        record::Head head{};
        head.units = units & 0xFFFFF;
        head.kind = tombstone() ? uint32_t(record::Kind::tombstone) : uint32_t(record::Kind::record);
        head.has_key = (flags & kHasKey) != 0;
        head.from_xdr = (flags & kFromXdr) != 0;
        head.cenotaph = (flags & kCenotaph) != 0;
        head.generation = generation;
        head.set_id = set_id() & 0xFFF;
        head.void_time = void_time;
        std::memcpy(head.lut, lut, sizeof(lut));
        auto& bytes = head.digest.bytes;
        bytes[0] = static_cast<uint8_t>(partition);
        bytes[1] = static_cast<uint8_t>(partition >> 8 | key >> 60 << 4);
        store_be(&bytes[2], key << 4 | (set_nibble & 0xF));
        std::memcpy(&bytes[10], rest, sizeof(rest));
        return head;
    }
};
static_assert(sizeof(FatEntry) == 40);

/// The same while a node loads its devices: versions come in any order, and the highest sequence wins.
struct ColdEntry : FatEntry {
    uint64_t sequence;

    static ColdEntry make(uint64_t key, Handle handle) { return {FatEntry::make(key, handle), 0}; }
    static ColdEntry of(const record::Head& head, uint64_t place) {
        return {FatEntry::of(head, place), head.sequence_number()};
    }
};
static_assert(sizeof(ColdEntry) == 48);

}  // namespace cairn::index
