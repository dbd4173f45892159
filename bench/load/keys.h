#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "common/base/digest.h"
#include "common/base/result.h"

namespace cairn::bench {

/// Every number below `count` once, in an order that looks random and is the same for the same seed.
class Permutation {
public:
    /// @param count  1 to 2^62.
    Permutation(uint64_t count, uint64_t seed);

    /// @param index  below `count`.
    uint64_t operator()(uint64_t index) const;

private:
    uint64_t count_;
    uint64_t seed_;
    unsigned half_bits_;  // 2 * half_bits_ bits hold every index
};

/// A few random bits a nanosecond: SplitMix64.
class Dice {
public:
    explicit Dice(uint64_t seed) : state_(seed) {}
    uint64_t next();
    /// Uniform in [0, bound).
    uint64_t below(uint64_t bound) { return uint64_t((unsigned __int128)next() * bound >> 64); }

private:
    uint64_t state_;
};

/// Digests of the integer keys first … first + count - 1 of one set: 20 bytes of memory a key.
/// @error  this machine cannot compute digests.
Result<std::vector<Digest>> make_digests(std::string_view set, uint64_t first, uint64_t count);

}  // namespace cairn::bench
