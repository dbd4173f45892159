#pragma once
#include <cstdint>

namespace cairn {

/// Whole percent, rounded down; 0 of nothing.
constexpr uint64_t percent(uint64_t part, uint64_t whole) { return whole == 0 ? 0 : part * 100 / whole; }

}  // namespace cairn
