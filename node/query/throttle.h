#pragma once
#include <cstdint>

#include "common/base/time.h"

namespace cairn::query {

/// Keeps a job at its records per second: work first, then wait for the time it was worth.
class Throttle {
public:
    /// @param records_per_second  0: no limit.
    Throttle(uint32_t records_per_second, Instant now) : rate_(records_per_second), started_(now) {}

    void count(uint64_t records) { records_ += records; }
    /// How long to wait before more work; zero when the job is not ahead of its rate.
    Duration wait(Instant now) const {
        if (rate_ == 0) return Duration::zero();
        const Duration due(static_cast<int64_t>(static_cast<double>(records_) * 1e9 / rate_));
        return started_ + due > now ? started_ + due - now : Duration::zero();
    }
    /// Records to do before looking at the clock again: a tenth of a second's worth.
    uint64_t burst() const { return rate_ == 0 ? ~uint64_t{0} : rate_ / 10 + 1; }

private:
    uint32_t rate_;
    Instant started_;
    uint64_t records_ = 0;
};

}  // namespace cairn::query
