#pragma once
#include <atomic>
#include <cstdint>

namespace cairn {

/// Guards what takes about a microsecond: a step on a partition, an open block, a list of blocks. Taking it when nobody
/// else has it is one instruction in line; who meets another spins, and then sleeps in the kernel.
class ShortLock {
public:
    ShortLock() = default;
    ShortLock(const ShortLock&) = delete;
    ShortLock& operator=(const ShortLock&) = delete;

    void lock() {
        if (!try_lock()) [[unlikely]]
            wait();
    }
    bool try_lock() {
        uint32_t expected = kOpen;
        return state_.compare_exchange_strong(expected, kTaken, std::memory_order_acquire, std::memory_order_relaxed);
    }
    void unlock() {
        if (state_.exchange(kOpen, std::memory_order_release) == kAwaited) [[unlikely]]
            state_.notify_one();
    }

private:
    enum : uint32_t { kOpen, kTaken, kAwaited };

    void wait();

    std::atomic<uint32_t> state_{kOpen};
};

}  // namespace cairn
