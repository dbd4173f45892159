#include "node/partition/door.h"

namespace cairn::partition {
namespace {

constexpr int kSpins = 200;  // about two steps' time: sleeping in the kernel and waking would cost several

}  // namespace

void Door::wait() {
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

}  // namespace cairn::partition
