#pragma once
#include <algorithm>
#include <cstdint>

#include "common/base/hash.h"
#include "common/runtime/clock.h"

namespace cairn::txn {

/// The last-update-time (milliseconds since 2010) of a version that replaces one of `before`, or follows a truncation of that
/// time: never behind it, as conflicts are resolved by it. While the calendar is more than a second behind (it was set back, or
/// another node's is ahead), it follows `before` by 1 to 16 ms: copies are told apart by generation and time, and two
/// nodes that could not hear each other may both have replaced the same version.
inline uint64_t update_time(const runtime::Clock& clock, uint64_t before) {
    constexpr uint64_t kBehindMs = 1000;
    const uint64_t now = clock.epoch_ms();
    if (now + kBehindMs >= before) return std::max(now, before);
    const auto moment = clock.now().count();
    return before + 1 + hash64({reinterpret_cast<const uint8_t*>(&moment), sizeof(moment)}) % 16;
}

}  // namespace cairn::txn
