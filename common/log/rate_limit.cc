#include "common/log/rate_limit.h"

namespace cairn::log {

std::optional<uint64_t> RateLimit::admit(Instant now) {
    int64_t last = last_ns_.load(std::memory_order_relaxed);
    const bool open = last == kNever || now.count() - last >= interval_.count();
    // Of several threads that find it open, the one that moves the time forward writes.
    if (open && last_ns_.compare_exchange_strong(last, now.count(), std::memory_order_relaxed)) {
        return held_back_.exchange(0, std::memory_order_relaxed);
    }
    held_back_.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
}

}  // namespace cairn::log
