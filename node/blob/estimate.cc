#include "node/blob/estimate.h"

#include <array>
#include <bit>
#include <cmath>

#include "node/blob/unpacked.h"

namespace cairn::blob {
namespace {

constexpr uint32_t kRanks = 64;
using Histogram = std::array<uint32_t, kRanks>;  // registers by their rank

/// The correction for registers that nothing fell on, by their share. O. Ertl, "New cardinality estimation algorithms
/// for HyperLogLog sketches", 2017, section 2.3. The other correction there, for ranks too large for a register, is 0:
/// 6 bits hold every rank.
double untouched(double share) {
    if (share == 1) return INFINITY;
    double factor = 1;
    double sum = share;
    for (double before = -1; before != sum;) {
        share *= share;
        before = sum;
        sum += share * factor;
        factor += factor;
    }
    return sum;
}

double bias(uint32_t registers) {
    switch (registers) {
        case 16: return 0.673;
        case 32: return 0.697;
        case 64: return 0.709;
        default: return 0.7213 / (1 + 1.079 / registers);
    }
}

uint64_t estimate(const Histogram& histogram, uint32_t registers) {
    if (histogram[0] == registers) return 0;
    double sum = 0;
    for (uint32_t rank = kRanks - 1; rank != 0; --rank) sum = (sum + histogram[rank]) * 0.5;
    sum += registers * untouched(double(histogram[0]) / registers);
    const double count = bias(registers) * registers * registers / sum;
    constexpr double kCountMax = 0x1p63;
    return count < kCountMax ? uint64_t(std::llround(count)) : uint64_t{1} << 63;
}

uint64_t estimate_ranks(std::span<const uint8_t> ranks) {
    Histogram histogram{};
    for (const uint8_t rank : ranks) ++histogram[rank];
    return estimate(histogram, uint32_t(ranks.size()));
}

/// How many registers of two unlike sets are equal by chance: in both the highest rank is the same, and the minhashes
/// happen to be.
double expected_collisions(const Sketch& a, const Sketch& b) {
    const auto a_count = double(estimate_count(a));
    const auto b_count = double(estimate_count(b));
    const Precision precision = a.precision();
    double sum = 0;
    for (uint32_t rank = 1; rank <= 64; ++rank) {
        const double above = std::ldexp(1.0, -int(precision.index_bits + rank));
        const auto chance = [&](double count) { return std::pow(1 - above, count) - std::pow(1 - 2 * above, count); };
        sum += chance(a_count) * chance(b_count);
    }
    return std::ldexp(sum, int(precision.index_bits) - int(precision.minhash_bits));
}

double minhash_similarity(std::span<const Sketch> sketches) {
    uint32_t used = 0;
    uint32_t equal = 0;
    const uint32_t registers = sketches.front().precision().registers();
    for (uint32_t i = 0; i < registers; ++i) {
        const uint64_t value = sketches.front().at(i);
        bool same = true;
        bool any = value != 0;
        for (const Sketch& sketch : sketches.subspan(1)) {
            const uint64_t other = sketch.at(i);
            same &= other == value;
            any |= other != 0;
        }
        used += any;
        equal += same && any;
    }
    if (used == 0) return std::bit_cast<double>(0xFFF8'0000'0000'0000);  // the NaN that division makes
    const double collisions = sketches.size() == 2 ? expected_collisions(sketches[0], sketches[1]) : 0;
    return std::max(equal - collisions, 0.0) / used;
}

/// By inclusion and exclusion; what would be below zero is an error of the estimates.
int64_t intersect_counts(std::span<const Sketch> sketches, record::Memory& memory) {
    // Unsigned: a client's sketch may be so full that its estimate is 2^63.
    uint64_t sum = estimate_union(sketches, memory);
    for (const Sketch& sketch : sketches) sum -= estimate_count(sketch);
    if (sketches.size() == 2) return std::max<int64_t>(int64_t(0 - sum), 0);
    for (size_t i = 0; i < sketches.size(); ++i) {
        for (size_t j = i + 1; j < sketches.size(); ++j) {
            const std::array pair{sketches[i], sketches[j]};
            sum += estimate_intersection(pair, memory);
        }
    }
    return std::max<int64_t>(int64_t(sum), 0);
}

}  // namespace

uint64_t estimate_count(const Sketch& sketch) {
    Histogram histogram{};
    const Precision precision = sketch.precision();
    for (uint32_t i = 0; i < precision.registers(); ++i) ++histogram[sketch.at(i) >> precision.minhash_bits];
    return estimate(histogram, precision.registers());
}

uint64_t estimate_union(std::span<const Sketch> sketches, record::Memory& memory) {
    const Precision precision{common_precision(sketches).index_bits, 0};
    return estimate_ranks(merge_unpacked<uint8_t>(sketches, precision, memory));
}

bool has_minhash(std::span<const Sketch> sketches) {
    const Precision first = sketches.front().precision();
    if (first.minhash_bits == 0) return false;
    return std::ranges::all_of(sketches, [&](const Sketch& sketch) { return sketch.precision() == first; });
}

uint64_t estimate_intersection(std::span<const Sketch> sketches, record::Memory& memory) {
    if (!has_minhash(sketches)) return uint64_t(intersect_counts(sketches, memory));
    const double count = minhash_similarity(sketches) * double(estimate_union(sketches, memory));
    return std::isnan(count) ? 0 : uint64_t(std::llround(count));
}

double estimate_similarity(std::span<const Sketch> sketches, record::Memory& memory) {
    if (has_minhash(sketches)) return minhash_similarity(sketches);
    const uint64_t both = estimate_union(sketches, memory);
    if (both == 0) return std::bit_cast<double>(0xFFF8'0000'0000'0000);
    return double(intersect_counts(sketches, memory)) / double(both);
}

}  // namespace cairn::blob
