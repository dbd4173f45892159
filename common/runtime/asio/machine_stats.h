#pragma once
#include <string>
#include <vector>

#include "common/runtime/process_stats.h"

namespace cairn::runtime {

/// From /proc and the container's control group: some 50 us of small files.
ProcessStats read_process_stats();
/// Addresses of the interfaces that are up, without loopback and link-local ones; IPv4 first.
std::vector<std::string> read_local_addresses();

}  // namespace cairn::runtime
