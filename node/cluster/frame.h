#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/result.h"

/// The head that all frames between nodes have, and the stored state (docs/cluster.md, "Frames"): magic, version, size of
/// the body, zeros, check; little-endian.
namespace cairn::cluster {

constexpr size_t kFrameHeaderSize = 24;

/// One of the kinds of frames, told apart by their magic.
struct FrameFormat {
    const char* name;  // for errors
    uint32_t magic;
    uint32_t version;
    size_t body_bytes_max;
};

/// Packets of replication (replication/codec.h), which travel on the same connections.
constexpr FrameFormat kPacketFrame{"replication packet", 0x31505243, 1, 32 << 20};  // "CRP1"

/// Requests of clients that one node passes on to another, and the replies (copies/requests.h).
constexpr FrameFormat kRequestFrame{"passed request", 0x31515243, 1, 129 << 20};  // "CRQ1"

/// What keeps system metadata the same on all nodes (smd/codec.h).
constexpr FrameFormat kMetadataFrame{"metadata frame", 0x314D5243, 1, 64 << 20};  // "CRM1"

/// What the receiver knows of a frame before it has the rest.
struct FrameHeader {
    uint32_t body_size = 0;
    uint64_t check = 0;

    /// @param bytes  kFrameHeaderSize of them.
    /// @error  not a frame of this format, another version, or too large: the connection is of no use.
    static Result<FrameHeader> parse(const FrameFormat& format, Bytes bytes);
};

/// XXH3 of the cluster's name and the body: strangers and garbage fail it.
uint64_t check_of(std::string_view cluster_name, Bytes body);

/// @return  a whole frame.
std::vector<uint8_t> seal(const FrameFormat& format, uint64_t check, Bytes body);

}  // namespace cairn::cluster
