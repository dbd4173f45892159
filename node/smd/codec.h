#pragma once
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "node/cluster/frame.h"
#include "node/smd/messages.h"

namespace cairn::smd {

/// @return  a whole frame, of cluster::kMetadataFrame.
std::vector<uint8_t> encode(const Message& message, std::string_view cluster_name);
/// @param body  what follows the header, whole.
/// @error  names what is wrong; nothing of it may be believed.
Result<Message> decode(const cluster::FrameHeader& header, Bytes body, std::string_view cluster_name);

/// A map as it is stored: with magic, version and checksum.
std::vector<uint8_t> encode(const Map& map);
/// @error  another version, damaged, or not system metadata.
Result<Map> decode_map(Bytes bytes);

/// The entries alone, in their order.
std::vector<uint8_t> encode_entries(const Map& map);

}  // namespace cairn::smd
