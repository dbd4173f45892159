#pragma once
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "node/config/node_config.h"

/// The info commands get-config, set-config and log-set.
namespace cairn::config {

/// A command's parameters in their order: `context=service;proto-fd-max=20000`.
using InfoParameters = std::vector<std::pair<std::string, std::string>>;

/// A refused command.
struct InfoError {
    std::string reply;   // what the protocol answers: `ERROR:4:invalid set-config parameter`
    std::string detail;  // for the log: what is wrong, and what was expected
};
template <class T>
using InfoResult = std::expected<T, InfoError>;

/// The reply of get-config: `key=value;key=value` of the context, bytes and seconds as plain numbers. Without a context:
/// service and network. Planned parameters answer their defaults.
/// @param config  with what was derived at start filled in (node id, worker threads).
InfoResult<std::string> get_config(const NodeConfig& config, const InfoParameters& command);

/// One namespace's part of it, which also ends the reply of `namespace/<name>`.
std::string namespace_config_text(const NamespaceConfig& config);

/// Changes the one dynamic parameter the command names.
/// @return  the changed copy; the command answers `ok`.
InfoResult<NodeConfig> set_config(const NodeConfig& config, const InfoParameters& command);

/// log-set: one module's level, or all modules' with `any`.
/// @return  the changed copy; the command answers `ok`.
InfoResult<NodeConfig> set_log_level(const NodeConfig& config, std::string_view module, std::string_view level);

}  // namespace cairn::config
