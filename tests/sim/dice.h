#pragma once
#include <cstdint>

#include "common/base/check.h"
#include "common/base/split_mix.h"
#include "common/base/time.h"

namespace cairn::sim {

/// Every choice of a World comes from one of these: SplitMix64, so a seed gives the same choices on every machine.
class Dice {
public:
    explicit Dice(uint64_t seed) : state_(seed) {}

    uint64_t next() { return next_split_mix(state_); }
    /// 0 to count - 1.
    uint64_t below(uint64_t count) {
        CAIRN_CHECK(count > 0);
        return next() % count;
    }
    /// from to to, both included.
    uint64_t between(uint64_t from, uint64_t to) { return from + below(to - from + 1); }
    /// Once in `count` times.
    bool once_in(uint64_t count) { return below(count) == 0; }
    Duration up_to(Duration most) {
        return Duration(static_cast<int64_t>(below(static_cast<uint64_t>(most.count()) + 1)));
    }

private:
    uint64_t state_;
};

}  // namespace cairn::sim
