#pragma once
#include <span>
#include <string_view>

#include "common/config/table.h"
#include "node/config/node_config.h"

/// The declarative tables: one row per parameter, in the order get-config answers.
namespace cairn::config {

Table<ServiceConfig> service_table();
Table<NetworkConfig> network_table();
Table<NamespaceConfig> namespace_table();
Table<SetConfig> set_table();
Table<LoggingConfig> logging_table();

/// All of them; built once.
const Table<NodeConfig>& node_table();
/// node_table() without the members: what a file may hold.
const Section& node_section();

/// The modules that log, as `log-set` and `logging:` name them.
std::span<const std::string_view> log_modules();

}  // namespace cairn::config
