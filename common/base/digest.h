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
    bool operator==(const Digest& other) const {  // a constant size, so that it is compared in line
        return std::memcmp(bytes.data(), other.bytes.data(), kSize) == 0;
    }

    PartitionId partition() const { return PartitionId((bytes[0] | bytes[1] << 8) & 0xFFF); }
    /// The leading 64 bits of the order inside a partition, without the 12 bits that are the partition's own.
    uint64_t order() const { return uint64_t(bytes[1] >> 4) << 60 | load_be<uint64_t>(bytes.data() + 2) >> 4; }
    /// The order inside a partition: that of all 20 bytes. Scans resume by it, so it is the same on every node for
    /// ever, and the same as the original server's.
    static int compare_in_partition(const Digest& a, const Digest& b) {
        return std::memcmp(a.bytes.data(), b.bytes.data(), kSize);
    }
};

/// Upper-case hexadecimal, two digits a byte.
std::string to_hex(Bytes bytes);

}  // namespace cairn
