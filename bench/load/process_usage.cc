#include "bench/load/process_usage.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace cairn::bench {

Result<ProcessUsage> read_usage(int pid) {
    const std::string process = "/proc/" + (pid == 0 ? std::string("self") : std::to_string(pid));
    std::error_code error;
    const std::filesystem::directory_iterator threads(process + "/task", error);
    if (error) return fail("there is no process " + std::to_string(pid));
    ProcessUsage usage;
    for (const auto& thread : threads) {
        uint64_t on_cpu_ns = 0;
        std::ifstream(thread.path() / "schedstat") >> on_cpu_ns;
        usage.cpu_s += double(on_cpu_ns) / 1e9;
        std::ifstream status(thread.path() / "status");
        for (std::string word; status >> word;) {
            uint64_t* to = word == "voluntary_ctxt_switches:"      ? &usage.switches_voluntary
                           : word == "nonvoluntary_ctxt_switches:" ? &usage.switches_involuntary
                                                                   : nullptr;
            uint64_t value = 0;
            if (to != nullptr && status >> value) *to += value;
        }
    }
    uint64_t total_pages = 0;
    uint64_t resident_pages = 0;
    std::ifstream(process + "/statm") >> total_pages >> resident_pages;
    usage.resident_bytes = resident_pages * uint64_t(sysconf(_SC_PAGESIZE));
    return usage;
}

}  // namespace cairn::bench
