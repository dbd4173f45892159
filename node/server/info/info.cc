#include "node/server/info/info.h"

#include <algorithm>
#include <array>

#include "node/server/info/commands.h"

namespace cairn::server {

Info::Info(State& state) : state_(state) {
    add_identity_commands(*this, state_);
    add_topology_commands(*this, state_);
    add_statistics_commands(*this, state_);
    add_namespace_commands(*this, state_);
    add_configuration_commands(*this, state_);
    add_latency_commands(*this, state_);
    add_query_commands(*this, state_);
    add_truncate_commands(*this, state_);
    add_index_commands(*this, state_);
    add_module_commands(*this, state_);
    add_migration_commands(*this, state_);
    add_diagnostic_commands(*this, state_);
}

namespace {

/// What a node that still loads answers: names that no client takes for a sign that it may be used.
constexpr std::array<std::string_view, 8> kAnsweredWhileLoading = {"build",   "build_arch", "build_os", "edition",
                                                                   "loading", "logs",       "status",   "version"};

}  // namespace

void Info::answer(std::string_view line, InfoSession& session, std::string& value) {
    if (state_.loading.active()) [[unlikely]] {
        if (std::ranges::find(kAnsweredWhileLoading, InfoCommand(line).name) == kAnsweredWhileLoading.end()) {
            value = info_error(int(ResultCode::unavailable), state_.loading.text());
            return;
        }
    }
    value = ask(line, session);
}

std::string Info::ask(std::string_view line, InfoSession& session) {
    const InfoCommand command(line);
    const auto found = commands_.find(command.name);
    if (found == commands_.end()) return info_error(4, "unrecognized command");
    return found->second(command, session);
}

std::vector<std::string_view> Info::names() const {
    std::vector<std::string_view> all;
    for (const auto& [name, answer] : commands_) all.push_back(name);
    return all;
}

}  // namespace cairn::server
