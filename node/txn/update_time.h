#pragma once
#include <cstdint>

#include "common/base/hash.h"
#include "common/runtime/clock.h"

namespace cairn::txn {

/// The last-update-time (milliseconds since 2010) of a version that replaces one of `before`: never behind it, as conflicts
/// are resolved by it. While the calendar is behind (it was set back, or another node's is ahead), it follows `before` by 1 to
/// 16 ms: copies are told apart by generation and time, and two nodes that could not hear each other may both have
/// replaced the same version.
inline uint64_t update_time(const runtime::Clock& clock, uint64_t before) {
    const uint64_t now = clock.epoch_ms();
    if (now >= before) return now;
    const auto moment = clock.now().count();
    return before + 1 + hash64({reinterpret_cast<const uint8_t*>(&moment), sizeof(moment)}) % 16;
}

}  // namespace cairn::txn
