#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <string>

#include "common/base/bytes.h"

namespace cairn {

constexpr uint32_t kPartitionCount = 4096;
using PartitionId = uint16_t;  // 0 to 4095

/// A record's identity: 20 bytes computed by the client (RIPEMD-160 of set name, key type and key) and trusted here.
struct Digest {
    static constexpr size_t kSize = 20;
    std::array<uint8_t, kSize> bytes;

    static Digest from(const uint8_t* at) {
        Digest digest;
        std::memcpy(digest.bytes.data(), at, kSize);
        return digest;
    }
    bool operator==(const Digest&) const = default;

    PartitionId partition() const { return PartitionId((bytes[0] | bytes[1] << 8) & 0xFFF); }
    /// The leading bits of the order inside a partition: bytes 2 to 9, big-endian.
    uint64_t order() const { return load_be<uint64_t>(bytes.data() + 2); }
    /// The whole order inside a partition: bytes 2 to 19, then 1, then 0. The same on every node, for ever.
    static int compare_in_partition(const Digest& a, const Digest& b) {
        if (const int order = std::memcmp(a.bytes.data() + 2, b.bytes.data() + 2, kSize - 2)) return order;
        if (a.bytes[1] != b.bytes[1]) return a.bytes[1] < b.bytes[1] ? -1 : 1;
        return a.bytes[0] == b.bytes[0] ? 0 : a.bytes[0] < b.bytes[0] ? -1 : 1;
    }
};

/// Upper-case hexadecimal, two digits a byte.
std::string to_hex(Bytes bytes);

}  // namespace cairn
