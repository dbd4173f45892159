#pragma once
#include <cstdint>
#include <cstring>
#include <random>

#include "common/base/digest.h"

namespace cairn::index {

/// Test input is drawn from a seed: the same on every run and machine.
using Draw = std::mt19937_64;

inline uint64_t below(Draw& draw, uint64_t end) { return draw() % end; }

/// The n-th of an endless row of honest digests.
inline Digest digest_of(uint64_t n) {
    Draw draw(n);
    Digest digest{};
    for (size_t i = 0; i < Digest::kSize; i += 4) {
        const auto word = static_cast<uint32_t>(draw() >> 32);
        std::memcpy(digest.bytes.data() + i, &word, 4);
    }
    return digest;
}

struct DigestLess {
    bool operator()(const Digest& a, const Digest& b) const { return Digest::compare_in_partition(a, b) < 0; }
};

}  // namespace cairn::index
