#include "bench/floor-disk/measure.h"

namespace cairn::bench {

nlohmann::json sequential_write(const ScratchFile& file, size_t block, double seconds) {
    const auto from = noise(block, block);
    std::vector<double> latencies_us;
    const Watch watch;
    double last = 0;
    for (uint64_t at = 0; at + block <= file.bytes() && last < seconds; at += block) {
        file.write(at, from.bytes());
        const double now = watch.seconds();
        latencies_us.push_back((now - last) * 1e6);
        last = now;
    }
    file.sync();
    const double took = watch.seconds();
    const auto blocks = static_cast<double>(latencies_us.size());
    return {{"kind", "sequential-write"},
            {"block", block},
            {"blocks", latencies_us.size()},
            {"seconds", took},
            {"mib_per_s", blocks * static_cast<double>(block) / took / (1 << 20)},
            {"cpu_us_per_mib", watch.cpu_seconds() * 1e6 / (blocks * static_cast<double>(block) / (1 << 20))},
            {"latency_us", summary_of(latencies_us)}};
}

}  // namespace cairn::bench
