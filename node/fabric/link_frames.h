#pragma once
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "common/base/result.h"
#include "common/runtime/network.h"
#include "node/cluster/pulse.h"

namespace cairn::fabric {

constexpr uint32_t kLinkVersion = 1;
constexpr size_t kLinkHeaderSize = 24;          // as long as that of a cluster frame: told apart by the magic
constexpr size_t kGreetingBytesMax = 16 << 10;  // of a body, before the other end is known
constexpr size_t kGossipBytesMax = 1 << 20;
constexpr size_t kEndpointsMax = 16;  // of one node, of each kind

/// Where clients reach a node: "host:port" each.
struct ClientAddresses {
    std::vector<std::string> standard{};
    std::vector<std::string> alternate{};
    bool operator==(const ClientAddresses&) const = default;
};

/// The first frame of either end of a connection.
struct Hello {
    std::string cluster_name{};
    cluster::Member self{};
    uint32_t view_size = 0;                      // members of the view it is active in; 0: none
    std::vector<runtime::Endpoint> listening{};  // where other nodes reach it
    ClientAddresses clients{};
    bool operator==(const Hello&) const = default;
};

/// The answer to a Hello that is not welcome; the connection ends with it.
struct Refused {
    enum class Reason : uint8_t {
        other_cluster,
        own_id,  // the process itself, or another with its node id: `self` tells
        full,    // more nodes than a cluster may have
    };
    Reason reason = Reason::other_cluster;
    std::string cluster_name{};
    cluster::Member self{};
    uint32_t view_size = 0;
    bool operator==(const Refused&) const = default;
};

/// Where the sender's peers listen, of those it is connected to.
struct Gossip {
    std::vector<runtime::Endpoint> listening{};
    bool operator==(const Gossip&) const = default;
};

/// "I have read your pulse": the sender of pulses learns that they arrive.
struct Echo {
    bool operator==(const Echo&) const = default;
};

using LinkMessage = std::variant<Hello, Refused, Gossip, Echo>;

/// What the first bytes of a frame announce.
struct FrameStart {
    enum class Kind : uint8_t { link, cluster, packet, request, metadata };
    Kind kind = Kind::link;
    uint32_t body_size = 0;
    uint64_t check = 0;
};

/// @param bytes  kLinkHeaderSize of them.
/// @error  neither kind of frame, another version, or too large: the connection is of no use.
Result<FrameStart> parse_start(Bytes bytes);

/// @return  a whole frame.
std::vector<uint8_t> encode(const LinkMessage& message);
/// @param body  what follows the start, whole.
/// @error  names what is wrong; nothing of it may be believed.
Result<LinkMessage> decode(const FrameStart& start, Bytes body);

}  // namespace cairn::fabric
