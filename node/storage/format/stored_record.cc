#include "node/storage/format/stored_record.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "common/base/check.h"
#include "node/record/bins.h"

namespace cairn::storage {
namespace {

using record::Head;
using record::Kind;
using record::kUnit;

constexpr size_t kCheckOffset = offsetof(Head, check);
constexpr size_t kFillerCheckOffset = 4;
constexpr uint32_t kStateFlags = 0xF0000000;  // replication, taken, dead
constexpr size_t kCopiedMax = 512;  // up to here a copy and one pass cost less than a hash in pieces

size_t check_offset(const Head& head) {
    return Kind(uint8_t(head.kind)) == Kind::filler ? kFillerCheckOffset : kCheckOffset;
}

/// The hash of bytes at `at` as if the check among them were zeros.
uint32_t hash_without_check(const uint8_t* at, size_t size, size_t check_at, uint64_t seed) {
    alignas(16) uint8_t copy[kCopiedMax];
    const size_t copied = std::min(size, kCopiedMax);
    std::memcpy(copy, at, copied);
    std::memset(copy + check_at, 0, sizeof(uint32_t));
    if (size <= kCopiedMax) return uint32_t(XXH3_64bits_withSeed(copy, size, seed));
    XXH3_state_t state;
    XXH3_INITSTATE(&state);  // reset() looks at the seed of before, to spare work
    XXH3_64bits_reset_withSeed(&state, seed);
    XXH3_64bits_update(&state, copy, copied);
    XXH3_64bits_update(&state, at + copied, size - copied);
    return uint32_t(XXH3_64bits_digest(&state));
}

/// The end of one bin, or nothing when it leaves the body.
const uint8_t* skip_bin(const uint8_t* at, const uint8_t* end) {
    if (end - at < 2) return nullptr;
    const size_t name_size = at[0] & 15;
    const uint8_t code = at[0] >> 4;
    at += 2;
    size_t size = code;
    if (code >= 12) {
        if (code == 15) return nullptr;
        const ptrdiff_t length_size = code == 12 ? 1 : code == 13 ? 2 : 4;
        if (end - at < length_size) return nullptr;
        size = code == 12 ? *at : code == 13 ? load_le<uint16_t>(at) : load_le<uint32_t>(at);
        at += length_size;
    }
    return size_t(end - at) < name_size + size ? nullptr : at + name_size + size;
}

/// The end of the stored key, or nothing when it leaves the body or is empty.
const uint8_t* skip_key(const uint8_t* at, const uint8_t* end) {
    if (at == end) return nullptr;
    size_t size = *at++;
    if (size == 0xFF) {
        if (end - at < 4) return nullptr;
        size = load_le<uint32_t>(at);
        at += 4;
    }
    return size == 0 || size_t(end - at) < size ? nullptr : at + size;
}

}  // namespace

void seal_record(Head& head, uint64_t seed) {
    auto* const at = reinterpret_cast<uint8_t*>(&head);
    store_le(at, load_le<uint32_t>(at) & ~kStateFlags);
    uint8_t* const check = at + check_offset(head);
    store_le(check, uint32_t{0});
    store_le(check, uint32_t(XXH3_64bits_withSeed(at, size_t{head.units} * kUnit, seed)));
}

bool check_record(const Head& head, uint64_t seed) {
    const auto* const at = reinterpret_cast<const uint8_t*>(&head);
    const size_t check_at = check_offset(head);
    return hash_without_check(at, size_t{head.units} * kUnit, check_at, seed) == load_le<uint32_t>(at + check_at);
}

bool plausible_record(const Head& head, uint32_t units_left) {
    const bool filler = Kind(uint8_t(head.kind)) == Kind::filler;
    return head.units >= (filler ? kFillerUnitsMin : kHeadUnits) && head.units <= units_left &&
           (load_le<uint32_t>(reinterpret_cast<const uint8_t*>(&head)) & kStateFlags) == 0;
}

void write_filler(uint8_t* at, uint32_t units, uint64_t seed) {
    std::memset(at, 0, size_t{units} * kUnit);
    store_le(at, units | uint32_t(Kind::filler) << 20);
    seal_record(*reinterpret_cast<Head*>(at), seed);
}

bool valid_body(const Head& plain) {
    CAIRN_CHECK(!plain.compressed && !plain.encrypted);
    if (plain.size() < sizeof(Head)) return false;
    const uint8_t* at = plain.body();
    const uint8_t* const end = plain.body_end();
    if (plain.has_key) at = skip_key(at, end);
    while (at != nullptr && at != end) at = skip_bin(at, end);
    return at != nullptr;
}

}  // namespace cairn::storage
