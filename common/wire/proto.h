#pragma once
#include <cstdint>
#include <optional>

#include "common/base/bytes.h"

namespace cairn::wire {

/// Every frame begins with 8 bytes: version, type, and the 48-bit big-endian size of the body that follows.
constexpr size_t kProtoHeaderSize = 8;
constexpr uint8_t kProtoVersion = 2;
/// Largest body either side accepts.
constexpr uint64_t kBodySizeMax = 128u << 20;

enum class FrameType : uint8_t { info = 1, security = 2, message = 3, compressed = 4, xdr = 5 };

struct ProtoHeader {
    uint8_t version;
    uint8_t type;        // FrameType when valid
    uint64_t body_size;  // bytes after these 8

    static ProtoHeader load(const uint8_t* at) {
        const auto word = load_be<uint64_t>(at);
        return {uint8_t(word >> 56), uint8_t(word >> 48), word & 0xFFFF'FFFF'FFFF};
    }
    /// Whether a server may go on with this connection: known version and type, bounded size.
    bool valid() const {
        const bool version_ok = version == kProtoVersion || (version == 0 && type == uint8_t(FrameType::security));
        return version_ok && type >= 1 && type <= 5 && body_size <= kBodySizeMax;
    }
};

inline void store_proto_header(uint8_t* at, FrameType type, uint64_t body_size) {
    store_be(at, uint64_t(kProtoVersion) << 56 | uint64_t(type) << 48 | body_size);
}

}  // namespace cairn::wire
