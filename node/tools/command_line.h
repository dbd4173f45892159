#pragma once
#include <functional>
#include <variant>

#include "node/tools/session.h"

namespace CLI {
class App;
}

namespace cairn::ctl {

/// What a command does. @return  the exit status.  @error  one sentence for standard error, status 1.
using Action = std::function<runtime::Task<Result<int>>(Session&)>;

/// Each adds its subcommands, which set `chosen` when they are parsed.
void add_info_commands(CLI::App& app, Action& chosen);
void add_cluster_commands(CLI::App& app, Action& chosen);
void add_migration_commands(CLI::App& app, Action& chosen);
void add_summary_command(CLI::App& app, Action& chosen);
void add_list_commands(CLI::App& app, Action& chosen);
void add_config_commands(CLI::App& app, Action& chosen);
void add_queries_commands(CLI::App& app, Action& chosen);
void add_maintenance_commands(CLI::App& app, Action& chosen);
void add_record_commands(CLI::App& app, Action& chosen);
void add_scan_command(CLI::App& app, Action& chosen);
void add_wait_commands(CLI::App& app, Action& chosen);

struct Invocation {
    Settings settings;
    Action action;
};
constexpr int kUsageError = 2;

/// Reads the command line and CAIRNCTL_HOST; writes help, version and mistakes itself.
/// @return  what to do, or the status to exit with.
std::variant<Invocation, int> parse_command_line(int argc, char** argv);

}  // namespace cairn::ctl
