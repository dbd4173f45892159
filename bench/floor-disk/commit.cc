#include "bench/floor-disk/measure.h"

namespace cairn::bench {

nlohmann::json commit(const ScratchFile& file, size_t bytes, size_t group, double seconds) {
    const auto from = noise(bytes, bytes);
    std::vector<double> latencies_us;
    uint64_t at = 0;
    const Watch watch;
    for (double began = 0; began < seconds;) {
        for (size_t i = 0; i < group; ++i) {
            file.write(at, from.bytes());
            at += bytes;
            if (at + bytes > file.bytes()) at = 0;
        }
        file.sync();
        const double now = watch.seconds();
        latencies_us.push_back((now - began) * 1e6);
        began = now;
    }
    const double took = watch.seconds();
    const auto commits = static_cast<double>(latencies_us.size());
    return {{"kind", "commit"},
            {"bytes", bytes},
            {"group", group},
            {"commits", latencies_us.size()},
            {"seconds", took},
            {"commits_per_s", commits / took},
            {"writes_per_s", commits * static_cast<double>(group) / took},
            {"cpu_us_per_commit", watch.cpu_seconds() * 1e6 / commits},
            {"latency_us", summary_of(latencies_us)}};
}

}  // namespace cairn::bench
