#include <algorithm>
#include <cctype>

#include "node/config/info_config.h"
#include "node/config/tables.h"
#include "node/server/info/commands.h"

namespace cairn::server {
namespace {

config::InfoParameters parameters_of(const InfoCommand& command) {
    config::InfoParameters all;
    command.for_each([&](std::string_view key, std::string_view value) { all.emplace_back(key, value); });
    for (auto& [key, value] : all) {
        if (key == "ns") key = "namespace";
    }
    return all;
}

std::string get_config(const InfoCommand& command, const State& state) {
    NodeConfig config = *state.config();
    config.service.node_id = state.identity.node_name;  // what was derived is in force too
    const auto text = config::get_config(config, parameters_of(command));
    return text ? *text : text.error().reply;
}

/// Makes `change` of the configuration, tells the workers, and logs it with who asked.
template <class Change>
std::string change_config(const InfoCommand& command, const InfoSession& session, State& state, Change&& change) {
    const auto changed = state.change_config(change);
    if (!changed) {
        state.log.warning(log::Module::config, "configuration not changed",
                          {{"command", command.tail}, {"from", session.peer}, {"reason", changed.error().detail}});
        return changed.error().reply;
    }
    state.log.info(log::Module::config, "configuration changed", {{"command", command.tail}, {"from", session.peer}});
    state.tell_workers();
    return "ok";
}

std::string set_config(const InfoCommand& command, const InfoSession& session, State& state) {
    return change_config(command, session, state,
                         [&](const NodeConfig& config) { return config::set_config(config, parameters_of(command)); });
}

constexpr std::string_view kSink = "0";  // stderr, the only one

std::string set_log_level(const InfoCommand& command, const InfoSession& session, State& state) {
    const auto id = command.parameter({"id"});
    if (!id) return info_error(4, "missing id");
    if (!parse_number(*id)) return info_error(4, "bad id");
    if (*id != kSink) return info_error(4, "bad parameter");
    std::string module;
    std::string level;
    command.for_each([&](std::string_view key, std::string_view value) {
        if (key != "id" && module.empty()) module = key, level = value;
    });
    if (module.empty()) return info_error(4, "missing context");
    std::ranges::transform(level, level.begin(), [](unsigned char c) { return std::tolower(c); });
    return change_config(command, session, state,
                         [&](const NodeConfig& config) { return config::set_log_level(config, module, level); });
}

std::string level_text(std::string_view module, const State& state) {
    const auto known = log::module_named(module);
    CAIRN_CHECK(known);  // tables and logger name the same modules
    return std::string(module) + ":" + std::string(log::name(state.log.level(*known)));
}

/// `log/<id>`, `log/<id>/<module>`
std::string log_levels(std::string_view argument, const State& state) {
    const size_t slash = std::min(argument.find('/'), argument.size());
    const std::string_view id = argument.substr(0, slash);
    if (!parse_number(id)) return info_error(4, "bad sink-id");
    if (id != kSink) return info_error(1, "bad-id");
    const auto modules = config::log_modules();
    if (slash < argument.size()) {
        const std::string_view wanted = argument.substr(slash + 1);
        return std::ranges::find(modules, wanted) == modules.end() ? info_error(1, "bad-context")
                                                                   : level_text(wanted, state);
    }
    std::string text;
    for (const std::string_view module : modules) text += (text.empty() ? "" : ";") + level_text(module, state);
    return text;
}

std::string log_message(const InfoCommand& command, const InfoSession& session, const State& state) {
    const auto message = command.required({"message"});
    if (!message) return message.error();
    state.log.info(log::Module::info, *message,
                   {{"who", command.parameter({"who"}).value_or("")}, {"from", session.peer}});
    return "";
}

}  // namespace

void add_configuration_commands(Info& info, State& state) {
    for (const std::string_view name : {"get-config", "config-get"}) {
        info.add(name, [&state](const InfoCommand& command, InfoSession&) { return get_config(command, state); });
    }
    for (const std::string_view name : {"set-config", "config-set"}) {
        info.add(name, [&state](const InfoCommand& command, InfoSession& session) {
            return set_config(command, session, state);
        });
    }
    for (const std::string_view name : {"log-set", "set-log"}) {
        info.add(name, [&state](const InfoCommand& command, InfoSession& session) {
            return set_log_level(command, session, state);
        });
    }
    info.add("logs", [](const InfoCommand&, InfoSession&) { return "0:stderr"; });
    info.add("log", [&state](const InfoCommand& command, InfoSession&) { return log_levels(command.argument, state); });
    info.add("log-message", [&state](const InfoCommand& command, InfoSession& session) {
        return log_message(command, session, state);
    });
}

}  // namespace cairn::server
