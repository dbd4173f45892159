#include "node/server/info/identity.h"

namespace cairn::server {
namespace {

constexpr std::string_view kFeatures =
    "batch-any;batch-index;blob-bits;cdt-index;cdt-list;cdt-map;cluster-stable;float;geo;peers;pipelining;pquery;pscans;"
    "query-show;relaxed-sc;replicas;replicas-all;replicas-master;replicas-max;sindex-exists;truncate-namespace;udf";

/// 4096 bits set, in base64: this node owns every partition while it is alone.
std::string all_partitions() { return std::string(682, '/') + "8="; }

std::string join_namespaces(const State& state, const std::function<std::string(const partition::Namespace&)>& text) {
    std::string all;
    for (const auto& ns : state.namespaces) {
        if (!all.empty()) all += ';';
        all += text(*ns);
    }
    return all;
}

}  // namespace

void add_identity_commands(Info& info, State& state) {
    const auto constant = [&info](std::string_view name, std::string text) {
        info.add(name, [text = std::move(text)](const InfoCommand&, InfoSession&, std::string& value) { value = text; });
    };
    constant("node", state.identity.node_name);
    constant("name", state.identity.node_name);
    constant("build", state.identity.build);
    constant("features", std::string(kFeatures));
    constant("partitions", "4096");
    constant("partition-generation", "1");
    constant("peers-generation", "0");
    constant("rebalance-generation", "1");
    for (const std::string_view kind : {"clear-std", "clear-alt", "tls-std", "tls-alt"}) {
        constant("peers-" + std::string(kind), "0,3000,[]");
        constant("alumni-" + std::string(kind), "0,3000,[]");
    }
    constant("cluster-name", state.config()->service.cluster_name);
    constant("replicas", join_namespaces(state, [](const auto& ns) { return ns.name + ":0,1," + all_partitions(); }));
    constant("replicas-all", join_namespaces(state, [](const auto& ns) { return ns.name + ":1," + all_partitions(); }));
    constant("replicas-master", join_namespaces(state, [](const auto& ns) { return ns.name + ":" + all_partitions(); }));
    constant("namespaces", join_namespaces(state, [](const auto& ns) { return ns.name; }));
    constant("rack-ids", join_namespaces(state, [](const auto& ns) { return ns.name + ":0"; }));
    info.add("user-agent-set", [](const InfoCommand& command, InfoSession& session, std::string& value) {
        session.user_agent = command.parameter({"value"}).value_or("");
        value = "ok";
    });
}

}  // namespace cairn::server
