#pragma once
#include <atomic>
#include <cstdint>

#include "node/storage/store_options.h"

namespace cairn::storage {

/// The options that may change while the store runs, as its parts read them: each by itself, from any thread.
struct LiveOptions {
    explicit LiveOptions(const StoreTuning& tuning) { set(tuning); }

    void set(const StoreTuning& tuning) {
        const auto put = [](auto& to, auto value) { to.store(value, std::memory_order_relaxed); };
        put(flush_max, tuning.flush_max);
        put(max_write_cache, tuning.max_write_cache);
        put(post_write_cache, tuning.post_write_cache);
        put(defrag_lwm_pct, tuning.defrag_lwm_pct);
        put(defrag_queue_min, tuning.defrag_queue_min);
        put(defrag_sleep, tuning.defrag_sleep);
        put(tomb_raider_sleep, tuning.tomb_raider_sleep);
    }

    std::atomic<Duration> flush_max;
    std::atomic<uint64_t> max_write_cache;
    std::atomic<uint32_t> post_write_cache;
    std::atomic<uint32_t> defrag_lwm_pct;
    std::atomic<uint32_t> defrag_queue_min;
    std::atomic<Duration> defrag_sleep;
    std::atomic<Duration> tomb_raider_sleep;
};

}  // namespace cairn::storage
