#pragma once
#include <chrono>
#include <cstdint>

namespace cairn {

using Duration = std::chrono::nanoseconds;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""us;

/// A point on the machine's monotonic clock, as the time since an arbitrary start.
using Instant = std::chrono::nanoseconds;

/// The protocol's calendar: void-times are seconds and last-update-times are milliseconds since this second.
constexpr uint64_t kEpochUnixSeconds = 1'262'304'000;  // 2010-01-01T00:00:00Z

}  // namespace cairn
