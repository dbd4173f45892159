#pragma once
#include <optional>
#include <string>

#include "bench/load/options.h"
#include "bench/load/process_usage.h"
#include "bench/load/tally.h"

namespace cairn::bench {

/// What a run measured.
struct Measured {
    Tally tally;
    double seconds = 0;
    std::string build;                   // of the server
    size_t nodes = 1;
    ProcessUsage generator;              // this program
    std::optional<ProcessUsage> server;  // with --server-pid
};

/// For people: a few lines.
std::string to_text(const Options& options, const Measured& measured);
/// For programs; the names are documented in docs/bench.md.
std::string to_json(const Options& options, const Measured& measured);

}  // namespace cairn::bench
