#include <algorithm>

#include "node/server/info/commands.h"

namespace cairn::server {
namespace {

/// 4096 bits set, in base64: this node owns every partition while it is alone.
std::string all_partitions() { return std::string(682, '/') + "8="; }

std::string cluster_stable(const InfoCommand& command, const State& state) {
    if (const auto size = command.parameter({"size"})) {
        const auto wanted = parse_number(*size);
        if (!wanted) return info_error(4, "bad size");
        if (*wanted != 1) return info_error(7, "cluster not specified size");
    }
    if (const auto ignore = command.parameter({"ignore-migrations", "ignore_migrations"})) {
        if (*ignore != "true" && *ignore != "false") return info_error(4, "bad ignore migrations");
    }
    if (const auto name = command.parameter({"namespace", "ns", "id"})) {
        // The Kubernetes operator tells this case by the first word.
        if (state.find_namespace(*name) == nullptr)
            return info_error(20, "unknown-namespace: namespace not found on node");
    }
    return hex(state.membership.view().cluster_key);
}

std::string racks(const InfoCommand& command, const State& state) {
    const auto config = state.config();
    const auto of = [&](const partition::Namespace& ns) {
        return "rack_" + std::to_string(config->namespaces[ns.index].rack_id) + "=" + state.identity.node_name;
    };
    if (const auto name = command.parameter({"namespace", "ns", "id"})) {
        const auto* ns = state.find_namespace(*name);
        return ns == nullptr ? no_such_namespace() : of(*ns);
    }
    return of_namespaces(state, [&](const auto& ns) { return "ns=" + ns.name + ":" + of(ns); });
}

constexpr std::string_view kNoRoster = "roster=null:pending_roster=null:observed_nodes=null";

std::string roster(const InfoCommand& command, const State& state) {
    if (const auto name = command.parameter({"namespace", "ns", "id"})) {
        return state.find_namespace(*name) == nullptr ? no_such_namespace() : std::string(kNoRoster);
    }
    return of_namespaces(state, [](const auto& ns) { return "ns=" + ns.name + ":" + std::string(kNoRoster); });
}

std::string set_roster(const InfoCommand& command, const State& state) {
    const auto name = command.namespace_name();
    if (!name) return name.error();
    const auto nodes = command.required({"nodes"});
    if (!nodes) return nodes.error();
    if (state.find_namespace(*name) == nullptr) return no_such_namespace();
    return info_error(4, "namespace '" + std::string(*name) + "' is not strong-consistency");
}

std::string revive(const InfoCommand& command, const State& state) {
    const auto name = command.parameter({"namespace", "ns", "id"});
    if (name && state.find_namespace(*name) == nullptr) return no_such_namespace();
    return "ok";  // there are no dead partitions
}

std::string tip(const InfoCommand& command) {
    const auto host = command.required({"host"});
    if (!host) return host.error();
    const auto port = command.required({"port"});
    if (!port) return port.error();
    if (!parse_number(*port)) return info_error(4, "'port' must be an integer");
    if (const auto tls = command.parameter({"tls"}); tls && *tls != "true" && *tls != "false") {
        return info_error(4, "'tls' must be either 'true' or 'false'");
    }
    return info_error(16, "clusters of more than one node are not supported yet");
}

std::string clear_tips(const InfoCommand& command) {
    const auto list = command.required({"host-port-list"});
    if (!list) return list.error();
    if (*list == "all") return "ok";
    size_t absent = 0;
    for (std::string_view rest = *list; !rest.empty();) {
        const size_t end = std::min(rest.find(','), rest.size());
        if (rest.substr(0, end).contains(':')) ++absent;
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return "ERROR::0 cleared, " + std::to_string(absent) + " not found";
}

void add_ownership(Info& info, State& state) {
    const auto constant = [&info](std::string_view name, std::string text) {
        info.add(name, [text = std::move(text)](const InfoCommand&, InfoSession&) { return text; });
    };
    for (const std::string_view kind : {"clear-std", "clear-alt", "tls-std", "tls-alt"}) {
        constant("peers-" + std::string(kind), "0,3000,[]");
        constant("alumni-" + std::string(kind), "0,3000,[]");
    }
    for (const std::string_view name : {"service-tls-std", "service-tls-alt", "admin-clear-std", "admin-tls-std",
                                        "services", "services-alternate", "services-alumni"}) {
        constant(name, "");
    }
    constant("peers-generation", "0");
    constant("services-alumni-reset", "ok");
    constant("get-sl", state.identity.node_name);
    constant("replicas", of_namespaces(state, [](const auto& ns) { return ns.name + ":0,1," + all_partitions(); }));
    constant("replicas-all", of_namespaces(state, [](const auto& ns) { return ns.name + ":1," + all_partitions(); }));
    constant("replicas-master", of_namespaces(state, [](const auto& ns) { return ns.name + ":" + all_partitions(); }));
    info.add("service-clear-std", [&state](const InfoCommand&, InfoSession&) { return state.addresses().standard; });
    info.add("service-clear-alt", [&state](const InfoCommand&, InfoSession&) { return state.addresses().alternate; });
    info.add("service", [&state](const InfoCommand&, InfoSession&) {
        std::string text = state.addresses().standard;
        std::ranges::replace(text, ',', ';');
        return text;
    });
    for (const std::string_view name : {"partition-generation", "rebalance-generation"}) {
        info.add(name, [&state](const InfoCommand&, InfoSession&) {
            return std::to_string(state.membership.view().generation);
        });
    }
}

}  // namespace

void add_topology_commands(Info& info, State& state) {
    add_ownership(info, state);
    info.add("rack-ids", [&state](const InfoCommand&, InfoSession&) {
        const auto config = state.config();
        return of_namespaces(state, [&](const auto& ns) {
            return ns.name + ":" + std::to_string(config->namespaces[ns.index].rack_id);
        });
    });
    info.add("racks", [&state](const InfoCommand& command, InfoSession&) { return racks(command, state); });
    info.add("cluster-stable",
             [&state](const InfoCommand& command, InfoSession&) { return cluster_stable(command, state); });
    info.add("roster", [&state](const InfoCommand& command, InfoSession&) { return roster(command, state); });
    info.add("roster-set", [&state](const InfoCommand& command, InfoSession&) { return set_roster(command, state); });
    info.add("revive", [&state](const InfoCommand& command, InfoSession&) { return revive(command, state); });
    info.add("quiesce", [&state](const InfoCommand&, InfoSession&) {
        state.membership.ask_quiesce(true);
        return "ok";
    });
    info.add("quiesce-undo", [&state](const InfoCommand&, InfoSession&) {
        state.membership.ask_quiesce(false);
        return "ok";
    });
    info.add("recluster", [&state](const InfoCommand&, InfoSession& session) {
        state.membership.recluster(session.clock.now());
        return "ok";
    });
    info.add("tip", [](const InfoCommand& command, InfoSession&) { return tip(command); });
    info.add("tip-clear", [](const InfoCommand& command, InfoSession&) { return clear_tips(command); });
}

}  // namespace cairn::server
