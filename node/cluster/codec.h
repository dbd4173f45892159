#pragma once
#include <cstdint>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "node/cluster/frame.h"
#include "node/cluster/messages.h"
#include "node/cluster/view_change.h"

namespace cairn::cluster {

constexpr uint8_t kWireVersion = 1;
/// A promise with 32 namespaces whose partitions all differ would be larger; such a node is refused.
constexpr size_t kFrameBytesMax = 32 << 20;
constexpr FrameFormat kClusterFrame{"cluster frame", 0x314E5243, kWireVersion, kFrameBytesMax};  // "CRN1"

/// @return  a whole frame.
std::vector<uint8_t> encode(const Message& message, std::string_view cluster_name);
/// @param body  what follows the header, whole.
/// @error  names what is wrong; nothing of it may be believed.
Result<Message> decode(const FrameHeader& header, Bytes body, std::string_view cluster_name);

/// A node's cluster state as it is stored: with magic, version and checksum.
std::vector<uint8_t> encode(const DurableState& state);
/// @error  another version, damaged, or not a cluster state.
Result<DurableState> decode_durable(Bytes bytes);

}  // namespace cairn::cluster
