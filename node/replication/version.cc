#include "node/replication/version.h"

#include <array>
#include <tuple>

#include "common/base/hash.h"

namespace cairn::replication {

bool wins(const Version& one, const Version& other, ConflictPolicy policy) {
    const auto rank = [&](const Version& v) {
        const uint64_t generation = v.generation;
        return policy == ConflictPolicy::generation ? std::tuple(generation, v.last_update_ms)
                                                    : std::tuple(v.last_update_ms, generation);
    };
    return rank(one) > rank(other);
}

uint64_t fingerprint(const Digest& digest, const Version& version) {
    std::array<uint8_t, 15> head;
    store_le(head.data(), version.generation);
    store_le(head.data() + 2, version.last_update_ms);
    store_le(head.data() + 10, version.void_time);
    head[14] = static_cast<uint8_t>(version.kind);
    return hash64(version.content, hash64(head, hash64(digest.bytes)));
}

}  // namespace cairn::replication
