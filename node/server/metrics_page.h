#pragma once
#include <cstdint>
#include <string>

#include "node/server/info/info.h"

namespace cairn::server {

/// `/metrics`: the public exporter's names, made of the same texts that info tells, then our own histograms.
/// Callable from any thread. @param scrapes  since start, this one included.
std::string metrics_page(Info& info, const State& state, uint64_t scrapes);

}  // namespace cairn::server
