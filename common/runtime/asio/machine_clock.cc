#include "common/runtime/asio/machine_clock.h"

#include <time.h>

namespace cairn::runtime {

void MachineClock::refresh() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    now_ = std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
    clock_gettime(CLOCK_REALTIME_COARSE, &time);
    epoch_ms_ = (static_cast<uint64_t>(time.tv_sec) - kEpochUnixSeconds) * 1000 +
                static_cast<uint64_t>(time.tv_nsec) / 1'000'000;
}

}  // namespace cairn::runtime
