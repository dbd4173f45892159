#include "node/config/load.h"

#include <algorithm>

#include "common/config/write.h"
#include "node/config/tables.h"

namespace cairn::config {
namespace {

constexpr size_t kNamespacesMax = 32;
constexpr size_t kSetsMax = 4'095;  // per namespace
constexpr uint64_t kMebibyte = 1 << 20;

/// Where the setting of `path` ("namespaces[0].sets[1].default-ttl") was given; `""` when it is a default.
std::string source_of(const Settings& settings, std::string_view path) {
    if (const auto found = settings.values.find(path); found != settings.values.end()) return found->second.source;
    const size_t open = path.find('[');
    const size_t close = path.find(']');
    if (open == std::string_view::npos || close == std::string_view::npos) return "";
    const auto list = settings.lists.find(path.substr(0, open));
    const size_t index = std::stoul(std::string(path.substr(open + 1, close - open - 1)));
    if (list == settings.lists.end() || index >= list->second.size()) return "";
    const Settings& item = list->second[index];
    const std::string inside = close + 2 < path.size() ? source_of(item, path.substr(close + 2)) : "";
    return inside.empty() ? item.source : inside;
}

Result<NodeConfig> finish(const Environment& environment, Settings settings) {
    if (auto applied = apply_environment(node_section(), environment, settings); !applied) {
        return std::unexpected(applied.error());
    }
    NodeConfig config = node_table().make(settings);
    const std::string problem = contradiction(config);
    if (problem.empty()) return config;
    const std::string source = source_of(settings, problem.substr(0, problem.find(": ")));
    return fail(ResultCode::parameter, (source.empty() ? settings.source : source) + ": " + problem);
}

std::string expiry_contradiction(const NamespaceConfig& ns, const std::string& path) {
    if (ns.nsup_period_s > 0 || ns.allow_ttl_without_nsup) return "";
    const std::string sentence =
        ".default-ttl: expired records would never be removed, as nsup-period is 0; expected an nsup-period such as "
        "120, or allow-ttl-without-nsup: true";
    if (ns.default_ttl_s > 0) return path + sentence;
    for (size_t index = 0; index < ns.sets.size(); ++index) {
        if (ns.sets[index].default_ttl_s > 0) return path + ".sets[" + std::to_string(index) + "]" + sentence;
    }
    return "";
}

std::string storage_contradiction(const NamespaceConfig& ns, const std::string& path) {
    const StorageEngineConfig& storage = ns.storage_engine;
    const std::string prefix = path + ".storage-engine.";
    constexpr size_t kDevicesMax = 128;
    if (storage.type == StorageEngine::pmem) return prefix + "type: pmem is not supported; expected memory or device";
    if (storage.compression == StorageCompression::snappy) {
        return prefix + "compression: snappy is not supported; expected none, lz4 or zstd";
    }
    if (storage.type == StorageEngine::device && !storage.persists()) {
        return prefix + "type: device needs somewhere to store; expected files or devices beside it";
    }
    if (!storage.files.empty() && !storage.devices.empty()) {
        return prefix + "devices: stands beside files; expected one of the two";
    }
    if (storage.files.size() + storage.devices.size() > kDevicesMax) {
        return prefix + (storage.files.empty() ? "devices" : "files") + ": are too many; expected at most 128";
    }
    if (!storage.persists() && storage.commit_to_device) {
        return prefix + "commit-to-device: there is no device; expected files or devices";
    }
    if (ns.evict_indexes_memory_pct != 0 && ns.indexes_memory_budget_bytes == 0) {
        return path + ".evict-indexes-memory-pct: is a share of nothing; expected an indexes-memory-budget beside it";
    }
    const uint64_t block = storage.write_block_size_bytes;
    if ((block & (block - 1)) != 0) {
        return prefix + "write-block-size: " + std::to_string(block) + " is not a power of two; expected 128K to 8M";
    }
    return "";
}

std::string heartbeat_contradiction(const NetworkConfig& network) {
    if (!network.heartbeat.configured()) return "";
    for (const auto& [name, port] :
         {std::pair("service", network.service.port), std::pair("admin", network.admin.port)}) {
        if (network.heartbeat.port == port) {
            return "network.heartbeat.port: " + std::to_string(port) + " is also network." + name +
                   ".port; expected another port";
        }
    }
    for (const std::string& seed : network.heartbeat.mesh_seed_address_ports) {
        const auto number = std::stoul(seed.substr(seed.rfind(':') + 1));
        if (number == 0 || number > 65'535) {
            return "network.heartbeat.mesh-seed-address-ports: '" + seed + "' has no port of 1 to 65535";
        }
    }
    return "";
}

/// Brings the dynamic values of `wanted` into `running`.
void merge(const Section& section, const std::string& prefix, Settings& running, const Settings& wanted,
           Reloaded& report) {
    for (const Parameter& parameter : section.parameters) {
        const auto from = wanted.values.find(parameter.path);
        const auto to = running.values.find(parameter.path);
        if (from == wanted.values.end() || to == running.values.end()) continue;
        if (from->second.value == to->second.value) continue;
        (parameter.dynamic ? report.changed : report.needs_restart).push_back(prefix + parameter.path);
        if (parameter.dynamic) to->second.value = from->second.value;
    }
    for (const Section& list : section.lists) {
        std::vector<Settings>& now = running.lists[list.key];
        const auto given = wanted.lists.find(list.key);
        const std::vector<Settings> then = given == wanted.lists.end() ? std::vector<Settings>{} : given->second;
        // Items whose every parameter is dynamic may come and go.
        const bool fluid = std::ranges::all_of(
            list.parameters, [](const Parameter& parameter) { return parameter.dynamic || parameter.path == "name"; });
        const auto place = [&](const Settings& item) { return prefix + list.key + "[" + item.name() + "]"; };
        for (const Settings& item : then) {
            const auto same = std::ranges::find(now, item.name(), &Settings::name);
            if (same != now.end()) {
                merge(list, place(item) + ".", *same, item, report);
            } else {
                (fluid ? report.changed : report.needs_restart).push_back(place(item));
                if (fluid) now.push_back(item);
            }
        }
        for (auto at = now.begin(); at != now.end();) {
            const bool kept = std::ranges::find(then, at->name(), &Settings::name) != then.end();
            if (!kept) (fluid ? report.changed : report.needs_restart).push_back(place(*at));
            at = kept || !fluid ? at + 1 : now.erase(at);
        }
    }
}

}  // namespace

const Table<NodeConfig>& node_table() {
    static const Table<NodeConfig> table = [] {
        Table<NodeConfig> t;
        t.nest("service", &NodeConfig::service, service_table());
        t.nest("network", &NodeConfig::network, network_table());
        t.nest("logging", &NodeConfig::logging, logging_table());
        t.list("namespaces", "The node's namespaces: at least one, at most 32.", &NodeConfig::namespaces,
               namespace_table());
        for (const char* key : {"mod-lua", "security", "xdr"}) t.plan_key(key);
        return t;
    }();
    return table;
}

const Section& node_section() {
    static const Section section = node_table().section();
    return section;
}

Result<NodeConfig> load(std::string_view text, std::string_view file_name, const Environment& environment) {
    auto settings = parse_yaml(node_section(), text, file_name);
    if (!settings) return std::unexpected(settings.error());
    if (settings->lists["namespaces"].empty()) {
        return fail(ResultCode::parameter, std::string(file_name) +
                                               ": namespaces: there is none; expected a list of at "
                                               "least one, such as `- name: test`");
    }
    return finish(environment, std::move(*settings));
}

NodeConfig default_config(uint64_t memory_bytes) {
    NodeConfig config;
    NamespaceConfig& ns = config.namespaces.emplace_back();
    ns.name = "test";
    ns.nsup_period_s = 120;
    if (memory_bytes > 0) {
        ns.storage_engine.data_size_bytes = std::max(memory_bytes / 2 / kMebibyte, uint64_t(1)) * kMebibyte;
    }
    return config;
}

Result<NodeConfig> load_defaults(uint64_t memory_bytes, const Environment& environment) {
    Settings settings = node_table().settings(default_config(memory_bytes));
    settings.source = "defaults";
    return finish(environment, std::move(settings));
}

std::string print(const NodeConfig& config) { return print_yaml(node_section(), node_table().settings(config)); }

std::string schema() { return json_schema(node_section(), "Cairn node configuration"); }

std::string contradiction(const NodeConfig& config) {
    if (config.network.admin.port == config.network.service.port) {
        return "network.admin.port: " + std::to_string(config.network.admin.port) +
               " is also network.service.port; expected another port";
    }
    if (std::string problem = heartbeat_contradiction(config.network); !problem.empty()) return problem;
    if (config.namespaces.size() > kNamespacesMax) {
        return "namespaces[32]: is one too many; expected at most 32 namespaces";
    }
    for (size_t index = 0; index < config.namespaces.size(); ++index) {
        const NamespaceConfig& ns = config.namespaces[index];
        const std::string path = "namespaces[" + std::to_string(index) + "]";
        if (ns.sets.size() > kSetsMax) return path + ".sets[4095]: is one too many; expected at most 4095 sets";
        if (const std::string problem = expiry_contradiction(ns, path); !problem.empty()) return problem;
        if (const std::string problem = storage_contradiction(ns, path); !problem.empty()) return problem;
    }
    return "";
}

Reloaded reload(const NodeConfig& running, const NodeConfig& wanted) {
    Reloaded report;
    Settings merged = node_table().settings(running);
    merge(node_section(), "", merged, node_table().settings(wanted), report);
    report.config = node_table().make(merged);
    return report;
}

}  // namespace cairn::config
