#include "bench/load/keys.h"

#include <algorithm>
#include <bit>

#include "common/base/split_mix.h"
#include "common/client/key.h"

namespace cairn::bench {
Permutation::Permutation(uint64_t count, uint64_t seed)
    : count_(count), seed_(seed), half_bits_(std::max(1u, (unsigned(std::bit_width(count - 1)) + 1) / 2)) {}

// A Feistel network over the next even number of bits; walked again while it leads outside (less than 4 times on average).
uint64_t Permutation::operator()(uint64_t index) const {
    const uint64_t mask = (uint64_t{1} << half_bits_) - 1;
    do {
        uint64_t left = index >> half_bits_;
        uint64_t right = index & mask;
        for (uint64_t round = 1; round <= 4; ++round) {
            const uint64_t next = left ^ (mix_bits(right + seed_ + round * 0x9E3779B97F4A7C15) & mask);
            left = right;
            right = next;
        }
        index = left << half_bits_ | right;
    } while (index >= count_);
    return index;
}

uint64_t Dice::next() { return next_split_mix(state_); }

Result<std::vector<Digest>> make_digests(std::string_view set, uint64_t first, uint64_t count) {
    auto digester = client::Digester::create();
    if (!digester) return std::unexpected(digester.error());
    std::vector<Digest> digests(count);
    for (uint64_t i = 0; i < count; ++i) digests[i] = digester->digest(set, int64_t(first + i));
    return digests;
}

}  // namespace cairn::bench
