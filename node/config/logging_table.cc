#include <algorithm>
#include <array>

#include "node/config/tables.h"

namespace cairn::config {
namespace {

using Level = LoggingConfig::Level;

constexpr std::array<std::string_view, 65> kModules = {
    "misc",      "alloc",     "arenax",   "hardware",     "msg",        "os",          "secrets",      "socket",
    "tls",       "vault",     "vmapx",    "xmem",         "aggr",       "appeal",      "as",           "audit",
    "batch",     "batch-sub", "bin",      "config",       "clustering", "deprecation", "drv-mem",      "drv_pmem",
    "drv_ssd",   "exchange",  "exp",      "fabric",       "flat",       "geo",         "hb",           "health",
    "hlc",       "index",     "info",     "info-command", "key-busy",   "migrate",     "mrt-audit",    "mrt-monitor",
    "namespace", "nsup",      "particle", "partition",    "proto",      "proxy",       "proxy-divert", "query",
    "record",    "roster",    "rw",       "rw-client",    "security",   "service",     "service-list", "sindex",
    "skew",      "smd",       "storage",  "truncate",     "tsvc",       "udf",         "xdr",          "xdr-client",
    "masking"};

const std::vector<std::string>& levels() {
    static const std::vector<std::string> names = {"critical", "warning", "info", "debug", "detail"};
    return names;
}

/// A module's level; `any` is "as the parameter `any` says", and then it is not in the map.
Value module_level(const LoggingConfig& logging, const std::string& module) {
    const auto found = logging.modules.find(module);
    return found == logging.modules.end() ? "any" : levels()[size_t(found->second)];
}

void set_module_level(LoggingConfig& logging, const std::string& module, const Value& value) {
    const auto found = std::ranges::find(levels(), std::get<std::string>(value));
    if (found == levels().end()) {
        logging.modules.erase(module);
    } else {
        logging.modules[module] = Level(found - levels().begin());
    }
}

}  // namespace

std::span<const std::string_view> log_modules() { return kModules; }

Table<LoggingConfig> logging_table() {
    Table<LoggingConfig> t;
    t.add(choice("format", {"text", "json"}, "One line per event, for people or for machines."),
          &LoggingConfig::format);
    t.add(choice("any", levels(), "The least level logged by all modules.").live(), &LoggingConfig::any);
    std::vector<std::string> module_levels = levels();
    module_levels.emplace_back("any");
    for (const std::string_view each : kModules) {
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
