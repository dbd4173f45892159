#pragma once
#include "common/base/time.h"

namespace cairn::runtime {

/// Time as one loop sees it. Both readings are loads: the loop refreshes them once per turn, so all steps of a turn
/// agree on "now" and a record lookup costs no system call.
class Clock {
public:
    virtual ~Clock() = default;

    /// Monotonic; never goes back.
    Instant now() const { return now_; }
    /// Milliseconds since 2010-01-01 UTC by the machine's calendar; may step when the calendar is set.
    uint64_t epoch_ms() const { return epoch_ms_; }
    /// Seconds since 2010-01-01 UTC: the unit of void-times.
    uint32_t epoch_s() const { return static_cast<uint32_t>(epoch_ms_ / 1000); }

    /// Reads the machine's clocks; for a duration that ends inside a turn (latency histograms).
    virtual void refresh() = 0;

protected:
    Instant now_{};
    uint64_t epoch_ms_ = 0;
};

}  // namespace cairn::runtime
