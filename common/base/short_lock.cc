#include "common/base/short_lock.h"

namespace cairn {
namespace {

constexpr int kSpins = 200;

}  // namespace

void ShortLock::wait() {
    for (int spin = 0; spin < kSpins; ++spin) {
        if (state_.load(std::memory_order_relaxed) == kOpen && try_lock()) return;
        __builtin_ia32_pause();
    }
    // Whoever was once asleep leaves the mark behind when it enters: there may be others, and one wake-up too many
    // does no harm.
    while (state_.exchange(kAwaited, std::memory_order_acquire) != kOpen) {
        state_.wait(kAwaited, std::memory_order_relaxed);
    }
}

}  // namespace cairn
