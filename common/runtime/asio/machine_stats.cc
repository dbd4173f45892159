#include "common/runtime/asio/machine_stats.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <malloc.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace cairn::runtime {
namespace {

Duration duration_of(const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

Duration of_ticks(uint64_t ticks) {
    const auto per_second = static_cast<uint64_t>(std::max(1L, sysconf(_SC_CLK_TCK)));
    return Duration(ticks * (1'000'000'000 / per_second));
}

void read_process(ProcessStats& stats) {
    const auto page = static_cast<uint64_t>(sysconf(_SC_PAGE_SIZE));
    uint64_t mapped = 0;
    uint64_t resident = 0;
    if (std::ifstream("/proc/self/statm") >> mapped >> resident) stats.resident_bytes = resident * page;
    rusage used{};
    if (getrusage(RUSAGE_SELF, &used) == 0) stats.cpu = duration_of(used.ru_utime) + duration_of(used.ru_stime);
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("Threads:")) stats.threads = static_cast<uint32_t>(std::stoul(line.substr(8)));
    }
#if defined(__GLIBC__)
    const auto heap = mallinfo2();
    stats.heap_used_bytes = heap.uordblks + heap.hblkhd;
    stats.heap_held_bytes = heap.arena + heap.hblkhd;
#endif
}

/// Of the control group.
uint64_t cached_file_bytes() {
    uint64_t sum = 0;
    std::ifstream lines("/sys/fs/cgroup/memory.stat");
    std::string name;
    for (uint64_t bytes = 0; lines >> name >> bytes;) {
        if (name == "active_file" || name == "inactive_file") sum += bytes;
    }
    return sum;
}

void read_machine(ProcessStats& stats) {
    stats.cpus = static_cast<uint32_t>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
    std::ifstream cpu("/proc/stat");
    std::string name;
    uint64_t user = 0;
    uint64_t nice = 0;
    uint64_t system = 0;
    if (cpu >> name >> user >> nice >> system) {
        stats.machine_user_cpu = of_ticks(user + nice);
        stats.machine_kernel_cpu = of_ticks(system);
    }
    std::ifstream memory("/proc/meminfo");
    uint64_t kbytes = 0;
    for (std::string unit; memory >> name >> kbytes; std::getline(memory, unit)) {
        if (name == "MemTotal:") stats.host_memory_total_bytes = kbytes * 1024;
        if (name == "MemAvailable:") stats.host_memory_free_bytes = kbytes * 1024;
        if (name == "AnonHugePages:") stats.huge_page_bytes = kbytes * 1024;
    }
    stats.memory_total_bytes = stats.host_memory_total_bytes;
    stats.memory_free_bytes = stats.host_memory_free_bytes;
    uint64_t limit = 0;  // cgroup v2: bytes, or "max"
    uint64_t current = 0;
    if (std::ifstream("/sys/fs/cgroup/memory.max") >> limit &&
        std::ifstream("/sys/fs/cgroup/memory.current") >> current && limit < stats.memory_total_bytes) {
        stats.memory_total_bytes = limit;
        // Cached files are charged to the group, and leave when memory is needed.
        const uint64_t used = current - std::min(current, cached_file_bytes());
        stats.memory_free_bytes = std::min(stats.memory_free_bytes, limit - std::min(limit, used));
    }
}

/// Empty for an address that no other machine can use.
std::string text_of(const sockaddr& address) {
    char text[INET6_ADDRSTRLEN] = {};
    if (address.sa_family == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(address).sin_addr;
        return inet_ntop(AF_INET, &v4, text, sizeof(text)) == nullptr ? "" : text;
    }
    if (address.sa_family != AF_INET6) return "";
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    if (IN6_IS_ADDR_LINKLOCAL(&v6) || IN6_IS_ADDR_LOOPBACK(&v6)) return "";
    return inet_ntop(AF_INET6, &v6, text, sizeof(text)) == nullptr ? "" : text;
}

}  // namespace

ProcessStats read_process_stats() {
    ProcessStats stats;
    read_process(stats);
    read_machine(stats);
    return stats;
}

std::vector<std::string> read_local_addresses() {
    ifaddrs* all = nullptr;
    if (getifaddrs(&all) != 0) return {};
    std::vector<std::string> found;
    std::vector<std::string> found_v6;
    for (const ifaddrs* each = all; each != nullptr; each = each->ifa_next) {
        if (each->ifa_addr == nullptr || (each->ifa_flags & IFF_UP) == 0 || (each->ifa_flags & IFF_LOOPBACK) != 0)
            continue;
        auto text = text_of(*each->ifa_addr);
        if (!text.empty()) (text.contains(':') ? found_v6 : found).push_back(std::move(text));
    }
    freeifaddrs(all);
    found.insert(found.end(), found_v6.begin(), found_v6.end());
    return found;
}

}  // namespace cairn::runtime
