#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "common/base/result.h"
#include "common/runtime/network.h"

namespace cairn::bench {

enum class Mode : uint8_t { insert, read_update, scan };
enum class BinType : uint8_t { text, blob, integer };

/// What cairn-bench was asked to do. Meanings and limits of each: cairn-bench --help.
struct Options {
    runtime::Endpoint seed_node{"127.0.0.1", 3000};
    std::string ns = "test";
    std::string set = "bench";
    Mode mode = Mode::read_update;
    uint32_t read_percent = 80;
    uint64_t keys = 1'000'000;
    uint64_t first_key = 0;
    bool random_order = false;
    uint32_t bins = 1;
    BinType type = BinType::text;
    uint32_t size_min = 100;  // bytes of one bin's value
    uint32_t size_max = 100;
    uint32_t ttl = 0;
    uint32_t connections = 64;
    uint32_t pipeline = 1;
    uint32_t threads = 1;
    uint32_t batch = 1;
    bool no_bins = false;
    bool replace = false;   // writes leave nothing of the record that was there
    double duration_s = 0;  // 0: until `count` or the keys are done
    double warmup_s = 0;
    uint64_t count = 0;     // requests (scans in scan mode); 0: no limit
    double rate = 0;        // requests a second; 0: as fast as replies come
    int server_pid = 0;
    uint64_t random_seed = 1;
    std::string json;       // file, or "-" for standard output
    bool quiet = false;
    bool raw = false;
};

/// Reads the command line.
/// @return  the options, or the exit code when the process is done: help was printed, or what is wrong was said.
std::variant<Options, int> parse_options(int argc, char** argv);

/// "I", "RU,<percent of reads>" or "S".
Result<void> set_workload(const std::string& text, Options& options);
/// "100" or "50-500".
Result<void> set_size(const std::string& text, Options& options);
/// "host", "host:port", "[v6]:port".
Result<void> set_host(const std::string& text, Options& options);

}  // namespace cairn::bench
