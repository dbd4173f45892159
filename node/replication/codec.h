#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "node/cluster/frame.h"
#include "node/replication/messages.h"

namespace cairn::replication {

using cluster::kPacketFrame;
constexpr size_t kPacketBytesMax = kPacketFrame.body_bytes_max;
constexpr size_t kPacketMessagesMax = 16 << 10;
constexpr size_t kListMax = 4096;                    // records of a page, digests of a report
constexpr size_t kContentBytesMax = (8 << 20) + 4096;  // of one record, with its head

struct Letter {
    std::string_view name;  // of the namespace: the sender's own, or in the packet that was read
    PartitionId partition = 0;
    Message message;
    bool operator==(const Letter&) const = default;
};

/// All that one node says to another in one turn.
struct Packet {
    Ballot view;
    uint32_t held_us = 0;  // how long the sender had what the packet acknowledges
    std::vector<Letter> letters;
    bool operator==(const Packet&) const = default;
};

/// @param held_us  how long the sender had what they acknowledge.
/// @param letters  at most kPacketMessagesMax.
/// @return  a whole packet.
std::vector<uint8_t> encode(Ballot view, uint32_t held_us, std::span<const Letter> letters,
                            std::string_view cluster_name);
inline std::vector<uint8_t> encode(const Packet& packet, std::string_view cluster_name) {
    return encode(packet.view, packet.held_us, packet.letters, cluster_name);
}
/// Bytes of records in it; what else there is, is small.
size_t content_size(const Message& message);
/// @param body  what follows the header, whole; it outlives the packet.
/// @error  names what is wrong; nothing of it may be believed.
Result<Packet> decode(const cluster::FrameHeader& header, Bytes body, std::string_view cluster_name);

}  // namespace cairn::replication
