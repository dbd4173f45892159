#include <algorithm>
#include <set>

#include "node/server/info/cluster_texts.h"
#include "node/server/info/commands.h"

namespace cairn::server {
namespace {

/// 4096 bits set, in base64: this node owns every partition while it is alone.
std::string all_partitions() { return std::string(682, '/') + "8="; }

std::string cluster_stable(const InfoCommand& command, const State& state) {
    const auto view = state.membership.view();
    if (view.size == 0) return info_error(7, "unstable cluster");
    bool ignore_migrations = false;
    if (const auto size = command.parameter({"size"})) {
        const auto wanted = parse_number(*size);
        if (!wanted) return info_error(4, "bad size");
        if (*wanted != view.size) return info_error(7, "cluster not specified size");
    }
    if (const auto ignore = command.parameter({"ignore-migrations", "ignore_migrations"})) {
        if (*ignore != "true" && *ignore != "false") return info_error(4, "bad ignore migrations");
        ignore_migrations = *ignore == "true";
    }
    const auto name = command.parameter({"namespace", "ns", "id"});
    // The Kubernetes operator tells this case by the first word.
    if (name && state.find_namespace(*name) == nullptr)
        return info_error(20, "unknown-namespace: namespace not found on node");
    for (const auto& ns : state.namespaces) {
        const auto* const of = state.copies_of(*ns);
        if (ignore_migrations || of == nullptr || (name && ns->name != *name)) continue;
        if (of->unfinished() != 0) return info_error(7, "cluster has migrations");
    }
    return hex(view.cluster_key);
}

std::string racks(const InfoCommand& command, const State& state) {
    const auto config = state.config();
    const auto standing = state.membership.standing();
    const auto of = [&](const partition::Namespace& ns) {
        if (standing && standing->formed) return racks_text(*standing->formed, ns.name);
        return "rack_" + std::to_string(state.rack_of(config->namespaces[ns.index])) + "=" + state.identity.node_name;
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

bool is_host(std::string_view text) {
    constexpr std::string_view kAlso = ".-_:";
    return !text.empty() && text.size() <= 255 && std::ranges::all_of(text, [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || kAlso.contains(c);
    });
}

std::string tip(const InfoCommand& command, State& state) {
    const auto host = command.required({"host"});
    if (!host) return host.error();
    const auto port = command.required({"port"});
    if (!port) return port.error();
    const auto number = parse_number(*port);
    if (!number) return info_error(4, "'port' must be an integer");
    const auto tls = command.parameter({"tls"});
    if (tls && *tls != "true" && *tls != "false") return info_error(4, "'tls' must be either 'true' or 'false'");
    if (tls == "true") return info_error(16, "TLS between nodes is not supported yet");
    if (*number == 0 || *number > 65'535) return info_error(4, "'port' must be 1 to 65535");
    if (!is_host(*host)) return info_error(4, "'host' must be an address or a name");
    const auto added = state.membership.add_seed({std::string(*host), static_cast<uint16_t>(*number)});
    return added ? "ok" : info_error(4, added.error().detail);
}

std::string clear_tips(const InfoCommand& command, State& state) {
    const auto list = command.required({"host-port-list"});
    if (!list) return list.error();
    if (*list == "all") {
        state.membership.clear_all_seeds();
        return "ok";
    }
    std::set<std::string, std::less<>> named;
    for (std::string_view rest = *list; !rest.empty();) {
        const size_t end = std::min(rest.find(','), rest.size());
        if (rest.substr(0, end).contains(':')) named.emplace(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    const size_t cleared = state.membership.clear_seeds(named);
    if (!named.empty() && cleared == named.size()) return "ok";
    return "ERROR::" + std::to_string(cleared) + " cleared, " + std::to_string(named.size() - cleared) + " not found";
}

/// One of `replicas`, `replicas-all`, `replicas-master`: a node alone serves everything.
/// @param regime  what stands before the number of columns.
std::string replicas(const State& state, const char* regime, bool all) {
    return of_namespaces(state, [&](const auto& ns) {
        const auto* const of = state.copies_of(ns);
        const auto columns = of != nullptr ? replica_bitmaps(of->roles()) : std::vector{all_partitions()};
        std::string text = ns.name + ":";
        if (all) text += regime + std::to_string(columns.size()) + ",";
        for (size_t i = 0; i < (all ? columns.size() : 1); ++i) text += (i == 0 ? "" : ",") + columns[i];
        return text;
    });
}

/// `generation,port,[peers]`
std::string peers(const State& state, std::string_view kind) {
    const auto standing = state.membership.standing();
    if (!standing || kind.starts_with("tls")) return "0,3000,[]";
    return std::to_string(standing->peers_generation) + ",3000," +
           peers_text(*standing, state.identity.node_id, kind.ends_with("alt"));
}

std::string services(const State& state, bool alternate) {
    const auto standing = state.membership.standing();
    return standing ? services_text(*standing, state.identity.node_id, alternate) : "";
}

void add_peers(Info& info, State& state) {
    for (const std::string_view kind : {"clear-std", "clear-alt", "tls-std", "tls-alt"}) {
        for (const std::string_view list : {"peers-", "alumni-"}) {
            info.add(std::string(list) + std::string(kind),
                     [&state, kind](const InfoCommand&, InfoSession&) { return peers(state, kind); });
        }
    }
    info.add("services", [&state](const InfoCommand&, InfoSession&) { return services(state, false); });
    info.add("services-alumni", [&state](const InfoCommand&, InfoSession&) { return services(state, false); });
    info.add("services-alternate", [&state](const InfoCommand&, InfoSession&) { return services(state, true); });
    info.add("peers-generation", [&state](const InfoCommand&, InfoSession&) {
        const auto standing = state.membership.standing();
        return std::to_string(standing ? standing->peers_generation : 0);
    });
    info.add("get-sl", [&state](const InfoCommand&, InfoSession&) {
        const auto standing = state.membership.standing();
        if (!standing) return state.identity.node_name;
        return standing->formed ? succession_text(standing->formed->view) : std::string();
    });
}

void add_ownership(Info& info, State& state) {
    const auto constant = [&info](std::string_view name, std::string text) {
        info.add(name, [text = std::move(text)](const InfoCommand&, InfoSession&) { return text; });
    };
    for (const std::string_view name : {"service-tls-std", "service-tls-alt", "admin-clear-std", "admin-tls-std"}) {
        constant(name, "");
    }
    constant("services-alumni-reset", "ok");
    // The regime is 0 of namespaces that are not strongly consistent.
    info.add("replicas", [&state](const InfoCommand&, InfoSession&) { return replicas(state, "0,", true); });
    info.add("replicas-all", [&state](const InfoCommand&, InfoSession&) { return replicas(state, "", true); });
    info.add("replicas-master", [&state](const InfoCommand&, InfoSession&) { return replicas(state, "", false); });
    info.add("service-clear-std", [&state](const InfoCommand&, InfoSession&) { return state.addresses().standard; });
    info.add("service-clear-alt", [&state](const InfoCommand&, InfoSession&) { return state.addresses().alternate; });
    info.add("service", [&state](const InfoCommand&, InfoSession&) {
        std::string text = state.addresses().standard;
        std::ranges::replace(text, ',', ';');
        return text;
    });
    info.add("rebalance-generation",
             [&state](const InfoCommand&, InfoSession&) { return std::to_string(state.membership.view().generation); });
    info.add("partition-generation", [&state](const InfoCommand&, InfoSession&) {
        uint64_t generation = state.membership.view().generation;
        for (const auto& ns : state.namespaces) {
            if (const auto* const of = state.copies_of(*ns)) generation += of->generation();
        }
        return std::to_string(generation & 0x7FFF'FFFF);
    });
}

}  // namespace

void add_topology_commands(Info& info, State& state) {
    add_ownership(info, state);
    add_peers(info, state);
    info.add("rack-ids", [&state](const InfoCommand&, InfoSession&) {
        const auto config = state.config();
        return of_namespaces(state, [&](const auto& ns) {
            return ns.name + ":" + std::to_string(state.rack_of(config->namespaces[ns.index]));
        });
    });
    info.add("racks", [&state](const InfoCommand& command, InfoSession&) { return racks(command, state); });
    info.add("cluster-stable",
             [&state](const InfoCommand& command, InfoSession&) { return cluster_stable(command, state); });
    info.add("roster", [&state](const InfoCommand& command, InfoSession&) { return roster(command, state); });
    info.add("roster-set", [&state](const InfoCommand& command, InfoSession&) { return set_roster(command, state); });
    info.add("revive", [&state](const InfoCommand& command, InfoSession&) { return revive(command, state); });
    info.add("quiesce", [&state](const InfoCommand&, InfoSession&) -> std::string {
        if (state.config()->service.stay_quiesced) return info_error(22, "permanently quiesced");
        state.membership.ask_quiesce(true);
        return "ok";
    });
    info.add("quiesce-undo", [&state](const InfoCommand&, InfoSession&) {
        if (state.config()->service.stay_quiesced) return "ignored-permanently-quiesced";
        state.membership.ask_quiesce(false);
        return "ok";
    });
    info.add("recluster", [&state](const InfoCommand&, InfoSession& session) {
        return state.membership.recluster(session.clock.now()) ? "ok" : "ignored-by-non-principal";
    });
    info.add("tip", [&state](const InfoCommand& command, InfoSession&) { return tip(command, state); });
    info.add("tip-clear", [&state](const InfoCommand& command, InfoSession&) { return clear_tips(command, state); });
}

}  // namespace cairn::server
