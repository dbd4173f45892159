#include <algorithm>
#include <array>
#include <cctype>

#include "node/server/info/commands.h"

namespace cairn::server {
namespace {

/// What the nodes of a cluster have to know alike.
struct SmdModule {
    std::string_view name;
    std::optional<smd::Module> module;
};
constexpr std::array kSmdModules = {SmdModule{"evict", std::nullopt}, SmdModule{"sindex", smd::Module::sindex},
                                    SmdModule{"truncate", smd::Module::truncate}, SmdModule{"UDF", smd::Module::udf}};

/// f(key, entry) of what a module has; nothing on a node that is alone.
template <class F>
void for_each_entry(const State& state, const SmdModule& wanted, F&& f) {
    if (!state.metadata || !wanted.module) return;
    for (const auto& [key, entry] : state.metadata()->entries()) {
        if (key.module == *wanted.module) f(key.name, entry);
    }
}

std::string smd_info(const State& state) {
    const auto view = state.membership.view();
    std::string text = "smd:n_pending_sets=0,n_events=0,n_nodes=" + std::to_string(view.size) +
                       ",principal=" + hex(view.principal) + ",cluster_key=" + hex(view.cluster_key);
    for (const SmdModule& module : kSmdModules) {
        size_t count = 0;
        smd::Version latest;
        for_each_entry(state, module, [&](const std::string&, const smd::Entry& entry) {
            count += entry.value != nullptr;
            latest = std::max(latest, entry.version);
        });
        text += ";" + std::string(module.name) + ":committed_key=" + hex(latest.counter) +
                ",committed_tid=" + std::to_string(latest.sequence) + ",n_keys=" + std::to_string(count) +
                ",state=clean";
    }
    return text;
}

/// Of a script its size.
std::string smd_show(const InfoCommand& command, const State& state) {
    const auto module = command.required({"module"});
    if (!module) return module.error();
    for (const SmdModule& known : kSmdModules) {
        if (*module != known.name) continue;
        std::string text;
        for_each_entry(state, known, [&](const std::string& name, const smd::Entry& entry) {
            if (!entry.value) return;
            std::string value = *entry.value;
            if (known.module == smd::Module::udf) value = std::to_string(value.size());
            std::ranges::replace(value, '\n', ' ');
            text += (text.empty() ? "" : ";") + name + "=" + value;
        });
        return text.empty() ? "<empty>" : text;
    }
    for (const std::string_view other : {"roster", "XDR", "masking", "security"}) {
        if (*module == other) return info_error(25, "enterprise only");
    }
    return info_error(4, "unknown 'module'");
}

/// The dump-… commands: their text goes to the log.
std::string dump(const InfoCommand& command, const State& state) {
    const auto verbose = command.parameter({"verbose"});
    if (verbose && *verbose != "true" && *verbose != "false") {
        return info_error(4, "'verbose' may be either 'true' or 'false'");
    }
    const auto view = state.membership.view();
    state.log.info(log::Module::info, command.name,
                   {{"node", state.identity.node_name}, {"cluster_key", hex(view.cluster_key)}, {"nodes", view.size}});
    return "ok";
}

std::string dump_write_blocks(const InfoCommand& command, const State& state) {
    const auto name = command.namespace_name();
    if (!name) return name.error();
    const auto* ns = state.find_namespace(*name);
    if (ns == nullptr) return no_such_namespace();
    const auto use = ns->partitions.memory_use();
    state.log.info(log::Module::storage, command.name,
                   {{"namespace", ns->name}, {"used_bytes", use.data_used}, {"held_bytes", use.data_held}});
    return "ok";
}

std::optional<Digest> parse_digest(std::string_view text) {
    if (text.size() != 2 * Digest::kSize) return std::nullopt;
    uint8_t bytes[Digest::kSize];
    const auto digit = [](char c) {
        if (c >= '0' && c <= '9') return c - '0';
        const int letter = std::tolower(static_cast<unsigned char>(c));
        return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
    };
    for (size_t i = 0; i < Digest::kSize; ++i) {
        const int high = digit(text[2 * i]);
        const int low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes[i] = static_cast<uint8_t>(high * 16 + low);
    }
    return Digest::from(bytes);
}

std::string debug_record(const InfoCommand& command, State& state) {
    const auto name = command.namespace_name();
    if (!name) return name.error();
    const auto keyd = command.required({"keyd"});
    if (!keyd) return keyd.error();
    const auto digest = parse_digest(*keyd);
    if (!digest) return info_error(4, "keyd");
    auto* ns = state.find_namespace(*name);
    if (ns == nullptr) return no_such_namespace();
    return ns->partitions.with(digest->partition(), [&](partition::Partition& partition) -> std::string {
        const record::Head* record = partition.find(*digest);
        if (record == nullptr) return info_error(2, "record not found");
        return "partition=" + std::to_string(partition.id()) + ":set=" + std::string(ns->sets.name(record->set_id)) +
               ":generation=" + std::to_string(record->generation) + ":void-time=" + std::to_string(record->void_time) +
               ":last-update-time=" + std::to_string(record->last_update_ms()) +
               ":size=" + std::to_string(record->size()) + ":has-key=" + (record->has_key ? "true" : "false");
    });
}

std::string partition_info(State& state) {
    std::string text =
        "namespace:partition:state:n_replicas:replica:succession:n_dupl:working_master:proxy_dst:emigrates:"
        "lead_emigrates:immigrates:records:tombstones:regime:tree_id:version:final_version";
    const std::string& node = state.identity.node_name;
    const std::string before_count = ":S:1:0:0:0:" + node + ":0:0:0:0:";
    const std::string version = hex(state.membership.view().cluster_key) + ".0.m--";
    for (const auto& ns : state.namespaces) {
        for (size_t pid = 0; pid < kPartitionCount; ++pid) {
            const uint32_t records =
                ns->partitions.with(static_cast<PartitionId>(pid),
                                    [](partition::Partition& partition) { return partition.record_count(); });
            text += ";" + ns->name + ":" + std::to_string(pid) + before_count + std::to_string(records) +
                    ":0:0:0:" + version + ":" + version;
        }
    }
    return text;
}

std::string endpoints(const State& state) {
    const auto config = state.config();
    const ListenerConfig& service = config->network.service;
    const auto join = [](const std::vector<std::string>& all) {
        std::string text;
        for (const auto& each : all) text += (text.empty() ? "" : ",") + each;
        return text;
    };
    return "service.port=" + std::to_string(service.port) + ";service.addresses=" + join(service.addresses) +
           ";service.access-port=" + std::to_string(service.access_port) +
           ";service.access-addresses=" + join(service.access_addresses) +
           ";service.alternate-access-port=" + std::to_string(service.alternate_access_port) +
           ";service.alternate-access-addresses=" + join(service.alternate_access_addresses) +
           ";admin.port=" + std::to_string(config->network.admin.port) +
           ";admin.addresses=" + config->network.admin.address;
}

}  // namespace

void add_diagnostic_commands(Info& info, State& state) {
    info.add("smd-info", [&state](const InfoCommand&, InfoSession&) { return smd_info(state); });
    info.add("smd-show", [&state](const InfoCommand& command, InfoSession&) { return smd_show(command, state); });
    for (const std::string_view name :
         {"dump-cluster", "dump-fabric", "dump-hb", "dump-hlc", "dump-migrates", "dump-rw", "dump-skew"}) {
        info.add(name, [&state](const InfoCommand& command, InfoSession&) { return dump(command, state); });
    }
    info.add("dump-wb-summary",
             [&state](const InfoCommand& command, InfoSession&) { return dump_write_blocks(command, state); });
    info.add("debug-record",
             [&state](const InfoCommand& command, InfoSession&) { return debug_record(command, state); });
    info.add("partition-info", [&state](const InfoCommand&, InfoSession&) { return partition_info(state); });
    info.add("endpoints", [&state](const InfoCommand&, InfoSession&) { return endpoints(state); });
    info.add("physical-devices", [](const InfoCommand& command, InfoSession&) {
        const auto path = command.required({"path"});
        return path ? info_error(2, "no device info") : path.error();
    });
    info.add("best-practices", [](const InfoCommand&, InfoSession&) { return "failed_best_practices=none"; });
    for (const std::string_view name : {"health-outliers", "health-stats"}) {
        info.add(name, [](const InfoCommand&, InfoSession&) { return ""; });
    }
    info.add("mesh", [&state](const InfoCommand&, InfoSession&) {
        const auto& heartbeat = state.config()->network.heartbeat;
        if (!heartbeat.configured()) return info_error(4, "heartbeat is not configured");
        const std::string host = heartbeat.addresses.empty() ? "0.0.0.0" : heartbeat.addresses.front();
        return runtime::Endpoint{host, heartbeat.port}.text();
    });
    info.add("mcast", [&state](const InfoCommand&, InfoSession&) {
        const bool configured = state.config()->network.heartbeat.configured();
        return info_error(4, configured ? "heartbeat is in mesh mode" : "heartbeat is not configured");
    });
    for (const std::string_view name : {"feature-key", "masking", "masking-show", "xdr-get-filter", "xdr-set-filter"}) {
        info.add(name, [](const InfoCommand&, InfoSession&) { return info_error(25, "enterprise only"); });
    }
}

}  // namespace cairn::server
