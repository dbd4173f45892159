#include "node/cluster/rendezvous.h"

#include "common/base/hash.h"

namespace cairn::cluster {
namespace {

uint64_t hash_of(NodeId node, uint64_t number, uint64_t seed) {
    std::array<uint8_t, 16> bytes;
    store_le(bytes.data(), node);
    store_le(bytes.data() + 8, number);
    return hash64(bytes, seed);
}

}  // namespace

Rendezvous::Rendezvous(NodeId node) : node_(node) {
    for (size_t round = 0; round < kRounds; ++round) {
        for (size_t half = 0; half < 64; half += 8) {
            const uint64_t bits = hash_of(node, half, round + 1);
            for (size_t i = 0; i < 8; ++i) rounds_[round][half + i] = static_cast<uint8_t>(bits >> (8 * i)) & 63;
        }
    }
}

uint64_t Rendezvous::score(PartitionId partition) const {
    uint8_t left = static_cast<uint8_t>(partition >> 6);
    uint8_t right = partition & 63;
    for (const auto& round : rounds_) {
        const uint8_t mixed = left ^ round[right];
        left = right;
        right = mixed;
    }
    const uint64_t rank = uint64_t(left) << 6 | right;
    return rank << 52 | hash_of(node_, partition, 0) >> 12;
}

}  // namespace cairn::cluster
