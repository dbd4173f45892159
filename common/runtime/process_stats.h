#pragma once
#include <cstdint>

#include "common/base/time.h"

namespace cairn::runtime {

/// What a machine tells of itself and of this process. 0 where it cannot tell. CPU times are sums since start.
struct ProcessStats {
    uint64_t resident_bytes = 0;
    uint64_t heap_used_bytes = 0;  // handed out by the allocator
    uint64_t heap_held_bytes = 0;  // taken from the machine by the allocator
    uint32_t threads = 0;
    Duration cpu{};  // of this process, user and kernel

    uint32_t cpus = 1;
    Duration machine_user_cpu{};  // of all CPUs
    Duration machine_kernel_cpu{};
    uint64_t memory_total_bytes = 0;  // of the machine, or of its container
    uint64_t memory_free_bytes = 0;   // what can be had without swapping
    uint64_t host_memory_total_bytes = 0;
    uint64_t host_memory_free_bytes = 0;
    uint64_t huge_page_bytes = 0;  // transparent huge pages in use
};

}  // namespace cairn::runtime
