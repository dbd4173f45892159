#pragma once
#include <cstdint>
#include <vector>

#include "common/base/result.h"
#include "node/cluster/frame.h"

namespace cairn::copies {

/// A client's request that one node passes on to another, and the reply to it.
struct PassedRequest {
    bool reply = false;
    uint64_t number = 0;           // of the node that asks
    std::vector<uint8_t> frame{};  // as the client sent it, or is to get it; reply: empty when it is in doubt
    bool operator==(const PassedRequest&) const = default;
};

/// @return  a whole frame.
std::vector<uint8_t> encode(const PassedRequest& request, std::string_view cluster_name);
/// @param body  what follows the header, whole.
Result<PassedRequest> decode_request(const cluster::FrameHeader& header, Bytes body, std::string_view cluster_name);

}  // namespace cairn::copies
