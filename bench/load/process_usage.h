#pragma once
#include <cstdint>

#include "common/base/result.h"

namespace cairn::bench {

/// What a process has used so far, all its threads together.
struct ProcessUsage {
    double cpu_s = 0;                  // user and system time on CPUs
    uint64_t switches_voluntary = 0;   // it waited
    uint64_t switches_involuntary = 0; // it was set aside
    uint64_t resident_bytes = 0;

    ProcessUsage since(const ProcessUsage& start) const {
        return {cpu_s - start.cpu_s, switches_voluntary - start.switches_voluntary,
                switches_involuntary - start.switches_involuntary, resident_bytes};
    }
};

/// Reads /proc (a tool may: docs/bench.md). CPU time is the scheduler's, in nanoseconds, not the 10 ms ticks of `ps`;
/// threads that ended before the call are missing.
/// @param pid  0: this process.
/// @error  there is no such process.
Result<ProcessUsage> read_usage(int pid);

}  // namespace cairn::bench
