#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "node/cdt/answer.h"

namespace cairn::cdt {

/// Resolves one position: negative counts from the end.
/// @return  nothing when there is none such.
inline std::optional<uint32_t> resolve(int64_t position, uint32_t count) {
    if (position < 0) position += count;
    if (position < 0 || position >= count) return std::nullopt;
    return static_cast<uint32_t>(position);
}

/// The part of `length` positions from `start` on that lies within `count` entries; what lies before the first is lost.
/// @param length  nothing: to the end. Negative means the same, as the reference has it.
inline Run clip(int64_t start, std::optional<int64_t> length, uint32_t count) {
    if (start >= int64_t(count)) return {count, 0};
    uint64_t left = length ? uint64_t(*length) : UINT32_MAX;
    if (start < 0) {
        const uint64_t before = 0 - uint64_t(start);
        left = left > before ? left - before : 0;
        start = 0;
    }
    return {uint32_t(start), uint32_t(std::min<uint64_t>(left, count - uint64_t(start)))};
}

/// The same where a negative start counts from the end.
inline Run resolve(int64_t start, std::optional<int64_t> length, uint32_t count) {
    return clip(start < 0 ? start + count : start, length, count);
}

/// The same for positions relative to `base`, which is at most `count`.
inline Run resolve_relative(uint32_t base, int64_t offset, std::optional<int64_t> length, uint32_t count) {
    const int64_t start = offset > INT64_MAX - int64_t(base) ? INT64_MAX : offset + base;
    return clip(start, length, count);
}

/// Up to two runs, ascending.
struct Runs {
    std::array<Run, 2> run;
    uint32_t size = 0;

    void add(Run added) {
        if (added.count != 0) run[size++] = added;
    }
    uint32_t total() const {
        uint32_t sum = 0;
        for (const Run& part : all()) sum += part.count;
        return sum;
    }
    std::span<const Run> all() const { return std::span(run).first(size); }
};

/// The run itself, or what it leaves of `count` entries.
inline Runs runs_of(Run run, bool inverted, uint32_t count) {
    Runs runs;
    if (inverted && run.count == 0) {
        runs.add({0, count});
    } else if (inverted) {
        runs.add({0, run.start});
        runs.add({run.start + run.count, count - run.start - run.count});
    } else {
        runs.add(run);
    }
    return runs;
}

/// All positions of the runs, in their order.
inline std::vector<uint32_t> positions_of(std::span<const Run> runs) {
    std::vector<uint32_t> positions;
    for (const Run& run : runs) {
        for (uint32_t i = 0; i < run.count; ++i) positions.push_back(run.start + i);
    }
    return positions;
}

/// What stands in `values` at the positions of the runs, in their order.
inline std::vector<uint32_t> values_at(std::span<const uint32_t> values, std::span<const Run> runs) {
    std::vector<uint32_t> picked = positions_of(runs);
    for (uint32_t& each : picked) each = values[each];
    return picked;
}

/// The runs of what is in none of these, ascending.
inline std::vector<Run> runs_beside(std::span<const Run> runs, uint32_t count) {
    std::vector<bool> taken(count);
    for (const uint32_t position : positions_of(runs)) taken[position] = true;
    std::vector<Run> left;
    for (uint32_t i = 0; i < count; ++i) {
        if (taken[i]) continue;
        if (left.empty() || left.back().start + left.back().count != i) left.push_back({i, 0});
        ++left.back().count;
    }
    return left;
}

}  // namespace cairn::cdt
