#include "node/replication/version.h"

#include <array>
#include <tuple>

#include "common/base/hash.h"

namespace cairn::replication {

bool wins(const Version& one, const Version& other, ConflictPolicy policy) {
    const auto rank = [&](const Version& v) {
        const uint64_t generation = v.generation;
        return policy == ConflictPolicy::generation ? std::tuple(generation, v.last_update_ms, v.stamp)
                                                    : std::tuple(v.last_update_ms, generation, v.stamp);
    };
    if (rank(one) != rank(other)) return rank(one) > rank(other);
    return std::tie(one.kind, one.content) > std::tie(other.kind, other.content);
}

uint64_t fingerprint(const Digest& digest, const Version& version) {
    std::array<uint8_t, 19> head;
    store_le(head.data(), version.stamp.regime);
    store_le(head.data() + 4, version.stamp.sequence);
    store_le(head.data() + 8, version.generation);
    store_le(head.data() + 10, version.last_update_ms);
    head[18] = static_cast<uint8_t>(version.kind);
    return hash64(version.content, hash64(head, hash64(digest.bytes)));
}

}  // namespace cairn::replication
