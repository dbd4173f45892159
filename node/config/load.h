#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/config/section.h"
#include "node/config/node_config.h"

/// From a file's text to the node's parameters and back. Nothing here reads files, the environment or the machine: the
/// caller does, and hands over what it found.
namespace cairn::config {

/// Reads a configuration file, then the environment's `CAIRN_...` variables over it.
/// @param file_name  for errors only.
/// @error  one sentence with file and line (or variable), path, value and what was expected.
Result<NodeConfig> load(std::string_view text, std::string_view file_name, const Environment& environment);

/// What a node without a file runs with: one namespace `test` in memory, with expiry every two minutes.
/// @param memory_bytes  of the machine or container; half of it may hold records. 0: unknown, 4 GiB.
NodeConfig default_config(uint64_t memory_bytes = 0);
/// default_config() with the environment's variables over it.
/// @error  as load().
Result<NodeConfig> load_defaults(uint64_t memory_bytes, const Environment& environment);

/// The whole configuration as a file load() reads back; values that are not the default say so in a comment.
std::string print(const NodeConfig& config);
/// JSON Schema of the file, with `dynamic` per parameter.
std::string schema();
/// docs/configuration.md
std::string documentation();

/// Rules that span parameters.
/// @return  `""`, or the path of the parameter to blame and then a sentence, parted by ": ".
std::string contradiction(const NodeConfig& config);

/// A file read again while the node runs.
struct Reloaded {
    NodeConfig config;                       // the running one with the dynamic parameters of the file
    std::vector<std::string> changed;        // paths that have a new value now
    std::vector<std::string> needs_restart;  // paths that differ in the file and were left as they are
};
Reloaded reload(const NodeConfig& running, const NodeConfig& wanted);

}  // namespace cairn::config
