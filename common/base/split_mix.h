#pragma once
#include <cstdint>

namespace cairn {

/// The last step of SplitMix64: another number for each number, and near ones become far ones.
constexpr uint64_t mix_bits(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
}

/// SplitMix64: the next of the numbers that the first `state` gives, on every machine the same. Not for secrets.
constexpr uint64_t next_split_mix(uint64_t& state) { return mix_bits(state += 0x9E3779B97F4A7C15); }

}  // namespace cairn
