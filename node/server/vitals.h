#pragma once
#include <cstdint>
#include <mutex>

#include "common/base/time.h"
#include "common/runtime/process_stats.h"

namespace cairn::server {

/// The machine, the process and the clocks, as they were within the last second.
struct VitalSigns {
    runtime::ProcessStats stats;
    uint32_t process_cpu_pct = 0;  // 100 for each CPU; between the last two readings
    uint32_t user_cpu_pct = 0;     // of the machine
    uint32_t kernel_cpu_pct = 0;
    Instant now{};
    uint64_t epoch_ms = 0;
};

/// Keeps the last reading for whoever asks on any thread, so that asking never reads files.
class Vitals {
public:
    void update(const runtime::ProcessStats& stats, Instant now, uint64_t epoch_ms);
    VitalSigns get() const;

private:
    mutable std::mutex mutex_;
    VitalSigns last_;
};

}  // namespace cairn::server
