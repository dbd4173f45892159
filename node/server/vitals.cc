#include "node/server/vitals.h"

namespace cairn::server {

void Vitals::update(const runtime::ProcessStats& stats, Instant now, uint64_t epoch_ms) {
    const std::lock_guard lock(mutex_);
    const Duration window = now - last_.now;
    const auto percent = [&](Duration before, Duration after) {
        if (window <= Duration::zero() || after < before) return uint32_t{0};
        return static_cast<uint32_t>((after - before).count() * 100 / window.count());
    };
    if (last_.now != Instant{}) {
        last_.process_cpu_pct = percent(last_.stats.cpu, stats.cpu);
        last_.user_cpu_pct = percent(last_.stats.machine_user_cpu, stats.machine_user_cpu);
        last_.kernel_cpu_pct = percent(last_.stats.machine_kernel_cpu, stats.machine_kernel_cpu);
    }
    last_.stats = stats;
    last_.now = now;
    last_.epoch_ms = epoch_ms;
}

VitalSigns Vitals::get() const {
    const std::lock_guard lock(mutex_);
    return last_;
}

}  // namespace cairn::server
