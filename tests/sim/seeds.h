#pragma once
#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace cairn::sim {

/// CAIRN_SIM_SEEDS=<first>-<last>, else 1 to `usual`.
inline std::pair<uint64_t, uint64_t> seed_range(uint64_t usual) {
    uint64_t first = 1, last = usual;
    const char* const wanted = std::getenv("CAIRN_SIM_SEEDS");
    if (wanted != nullptr) EXPECT_EQ(std::sscanf(wanted, "%" SCNu64 "-%" SCNu64, &first, &last), 2);
    return {first, last};
}

/// The seeds of a property.
inline auto seeds(uint64_t usual) {
    const auto [first, last] = seed_range(usual);
    return testing::Range<uint64_t>(first, last + 1);
}

/// Where a search for a planted fault begins: it has 2000 seeds.
inline uint64_t first_seed() { return seed_range(1).first; }

}  // namespace cairn::sim
