#include "node/server/load_progress.h"

#include <algorithm>

namespace cairn::server {

void LoadProgress::begin() { active_.store(true, std::memory_order_release); }

void LoadProgress::tell(std::string_view ns, double done, double seconds_left) {
    const std::lock_guard lock(lock_);
    now_ = {std::string(ns), static_cast<uint32_t>(std::clamp(done, 0.0, 1.0) * 100),
            static_cast<uint32_t>(std::clamp(seconds_left, 0.0, 1e9))};
}

void LoadProgress::end() { active_.store(false, std::memory_order_release); }

LoadProgress::Now LoadProgress::now() const {
    const std::lock_guard lock(lock_);
    return now_;
}

std::string LoadProgress::text() const {
    const Now at = now();
    return "loading " + at.ns + ": " + std::to_string(at.done_pct) + " %, about " + std::to_string(at.seconds_left) +
           " s left";
}

}  // namespace cairn::server
