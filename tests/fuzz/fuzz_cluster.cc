// Frames between nodes: what is read can be said again and is read the same, and a node that is told it goes on.
#include <vector>

#include "common/base/check.h"
#include "common/base/hash.h"
#include "node/cluster/codec.h"
#include "node/cluster/membership.h"

namespace {

using namespace cairn;
using namespace cairn::cluster;

Result<Message> read(Bytes body) {
    const FrameHeader header{static_cast<uint32_t>(body.size()), hash64(body, hash64(as_bytes("fuzz")))};
    return decode(header, body, "fuzz");
}

void check_said_again(const Message& message) {
    const auto frame = encode(message, "fuzz");
    const auto again = read(Bytes(frame).subspan(kFrameHeaderSize));
    CAIRN_CHECK(again.has_value() && *again == message);
}

NodeId sender_of(const Message& message) {
    const auto* const pulse = std::get_if<Pulse>(&message);
    return pulse != nullptr ? pulse->from.id : 2;
}

}  // namespace

/// Bodies of frames, each behind its size in two bytes; a node of id 1 and boot 1 hears them, 50 ms apart.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    DurableState durable{.incarnation = {1, 1}, .promised = {}, .view = {}, .report = {}};
    durable.report.namespaces["test"].partitions.resize(4);
    Membership node(1, 1, durable, {});
    Instant now = 1s;
    Bytes left(data, size);
    while (left.size() >= 2) {
        const size_t length = std::min<size_t>(load_le<uint16_t>(left.data()), left.size() - 2);
        const std::vector<uint8_t> body(left.begin() + 2, left.begin() + 2 + static_cast<ptrdiff_t>(length));
        left = left.subspan(2 + length);
        now += 50ms;
        auto effects = node.step(Membership::Tick{}, now);
        if (const auto message = read(body)) {
            check_said_again(*message);
            for (auto& effect : node.step(Membership::Arrived{sender_of(*message), *message}, now)) {
                effects.push_back(std::move(effect));
            }
        }
        for (const auto& effect : effects) {
            uint64_t number = 0;
            if (const auto* const promise = std::get_if<Membership::PersistPromise>(&effect)) number = promise->number;
            if (const auto* const view = std::get_if<Membership::PersistView>(&effect)) number = view->number;
            if (number != 0) node.step(Membership::Persisted{number}, now);
        }
    }
    // The same bytes as a node's stored state.
    if (const auto state = decode_durable(Bytes(data, size))) CAIRN_CHECK(decode_durable(encode(*state)) == *state);
    return 0;
}
