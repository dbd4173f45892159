#pragma once
#include <atomic>
#include <cstdint>

namespace cairn::metrics {

/// Counts up. Written by one thread, read by any: the atomic only keeps the read whole, so that adding costs what it
/// costs on a plain integer (a locked add is 20 times that). Each worker has its own; they are summed on scrape.
class Counter {
public:
    void add(uint64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
    uint64_t get() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<uint64_t> value_ = 0;
};

/// Goes up and down. Written by one thread, read by any.
class Gauge {
public:
    void set(int64_t value) { value_.store(value, std::memory_order_relaxed); }
    void add(int64_t n) { set(get() + n); }
    int64_t get() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<int64_t> value_ = 0;
};

}  // namespace cairn::metrics
