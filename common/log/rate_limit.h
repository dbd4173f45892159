#pragma once
#include <atomic>
#include <cstdint>
#include <optional>

#include "common/base/time.h"

namespace cairn::log {

/// Keeps one kind of line from flooding the log: a member beside the code that writes it. Safe on any thread.
class RateLimit {
public:
    explicit RateLimit(Duration interval = 1s) : interval_(interval) {}

    /// @return  when a line may be written now: how many were held back since the last one. Else nothing.
    std::optional<uint64_t> admit(Instant now);

private:
    static constexpr int64_t kNever = INT64_MIN;

    const Duration interval_;
    std::atomic<int64_t> last_ns_ = kNever;
    std::atomic<uint64_t> held_back_ = 0;
};

}  // namespace cairn::log
