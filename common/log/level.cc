#include "common/log/level.h"

#include <algorithm>
#include <array>

namespace cairn::log {
namespace {

constexpr std::array<std::string_view, 5> kLevels = {"DETAIL", "DEBUG", "INFO", "WARNING", "CRITICAL"};

constexpr std::array<std::string_view, kModuleCount> kModules = {
    "misc",      "alloc",     "arenax",   "hardware",     "msg",        "os",          "secrets",      "socket",
    "tls",       "vault",     "vmapx",    "xmem",         "aggr",       "appeal",      "as",           "audit",
    "batch",     "batch-sub", "bin",      "config",       "clustering", "deprecation", "drv-mem",      "drv_pmem",
    "drv_ssd",   "exchange",  "exp",      "fabric",       "flat",       "geo",         "hb",           "health",
    "hlc",       "index",     "info",     "info-command", "key-busy",   "migrate",     "mrt-audit",    "mrt-monitor",
    "namespace", "nsup",      "particle", "partition",    "proto",      "proxy",       "proxy-divert", "query",
    "record",    "roster",    "rw",       "rw-client",    "security",   "service",     "service-list", "sindex",
    "skew",      "smd",       "storage",  "truncate",     "tsvc",       "udf",         "xdr",          "xdr-client",
    "masking",   "http",      "kube",     "plan",         "controller",
};
static_assert(kModules[size_t(Module::info_command)] == "info-command");
static_assert(kModules[size_t(Module::service_list)] == "service-list");
static_assert(kModules[size_t(Module::masking)] == "masking");
static_assert(kModules[size_t(Module::controller)] == "controller");

char upper(char letter) { return letter >= 'a' && letter <= 'z' ? char(letter - 'a' + 'A') : letter; }

}  // namespace

std::string_view name(Level level) { return kLevels[size_t(level)]; }
std::string_view name(Module module) { return kModules[size_t(module)]; }

std::optional<Level> level_named(std::string_view text) {
    const auto same = [text](std::string_view known) { return std::ranges::equal(known, text, {}, {}, upper); };
    const auto found = std::ranges::find_if(kLevels, same);
    if (found == kLevels.end()) return std::nullopt;
    return Level(found - kLevels.begin());
}

std::optional<Module> module_named(std::string_view text) {
    const auto found = std::ranges::find(kModules, text);
    if (found == kModules.end()) return std::nullopt;
    return Module(found - kModules.begin());
}

}  // namespace cairn::log
