#include "common/log/level.h"
#include "node/config/tables.h"

namespace cairn::config {
namespace {

using log::Level;
using log::Module;

/// Ours come after those of the reference: the node has one of them, the others are the operator's.
constexpr size_t kNodeModules = size_t(Module::http) + 1;

const std::vector<std::string>& levels() {
    static const std::vector<std::string> names = {"critical", "warning", "info", "debug", "detail"};
    return names;
}

std::string level_name(Level level) { return levels()[size_t(Level::critical) - size_t(level)]; }

/// A module's level; `any` is "as the parameter `any` says", and then it is not in the map.
Value module_level(const LoggingConfig& logging, const std::string& module) {
    const auto found = logging.modules.find(module);
    return found == logging.modules.end() ? "any" : level_name(found->second);
}

void set_module_level(LoggingConfig& logging, const std::string& module, const Value& value) {
    if (const auto level = log::level_named(std::get<std::string>(value))) {
        logging.modules[module] = *level;
    } else {
        logging.modules.erase(module);
    }
}

}  // namespace

std::span<const std::string_view> log_modules() {
    static const std::vector<std::string_view> names = [] {
        std::vector<std::string_view> all;
        for (size_t i = 0; i < kNodeModules; ++i) all.push_back(log::name(Module(i)));
        return all;
    }();
    return names;
}

Table<LoggingConfig> logging_table() {
    Table<LoggingConfig> t;
    t.add(choice("format", {"text", "json"}, "One line per event, for people or for machines."),
          &LoggingConfig::format);
    t.add(
        choice("any", levels(), "The least level logged by all modules.").live(),
        [](const LoggingConfig& owner) { return level_name(owner.any); },
        [](LoggingConfig& owner, const Value& value) {
            owner.any = log::level_named(std::get<std::string>(value)).value_or(owner.any);
        });
    std::vector<std::string> module_levels = levels();
    module_levels.emplace_back("any");
    for (const std::string_view each : log_modules()) {
        const std::string module(each);
        Parameter parameter = choice(module, module_levels, "The same for one module; `any` is as for all.").live();
        parameter.quiet = true;
        t.add(
            std::move(parameter), [module](const LoggingConfig& owner) { return module_level(owner, module); },
            [module](LoggingConfig& owner, const Value& value) { set_module_level(owner, module, value); });
    }
    return t;
}

}  // namespace cairn::config
