#include "node/server/info/commands.h"

namespace cairn::server {
namespace {

constexpr std::string_view kFeatures =
    "batch-any;batch-index;blob-bits;cdt-index;cdt-list;cdt-map;cluster-stable;float;geo;sindex-exists;peers;"
    "pipelining;"
    "pquery;pscans;query-show;relaxed-sc;replicas;replicas-all;replicas-master;replicas-max;truncate-namespace;udf";

// Tools take features away from nodes whose edition is called "Community".
constexpr std::string_view kEdition = "Cairn Edition";
#if defined(__aarch64__)
constexpr std::string_view kArchitecture = "aarch64";
#else
constexpr std::string_view kArchitecture = "x86_64";
#endif
constexpr std::string_view kSystem = "debian12";
constexpr size_t kUserAgentMax = 1024;  // base64; the longest of the clients is half of it

std::string set_user_agent(const InfoCommand& command, InfoSession& session, State& state) {
    const auto value = command.required({"value"}, kUserAgentMax);
    if (!value) return value.error();
    if (!decode_base64(*value)) return info_error(4, "'value' invalid base64");
    const std::string before = std::exchange(session.user_agent, std::string(*value));
    state.user_agents.change(before, session.user_agent);
    return "ok";
}

std::string user_agents(const State& state) {
    std::string text;
    for (const auto& [agent, count] : state.user_agents.counts()) {
        text += "user-agent=" + agent + ":count=" + std::to_string(count) + ";";
    }
    return text;
}

}  // namespace

void add_identity_commands(Info& info, State& state) {
    const auto constant = [&info](std::string_view name, std::string text) {
        info.add(name, [text = std::move(text)](const InfoCommand&, InfoSession&) { return text; });
    };
    const Identity& identity = state.identity;
    const std::string edition(kEdition);
    constant("node", identity.node_name);
    constant("name", identity.node_name);
    constant("build", identity.build);
    constant("edition", edition);
    constant("version", edition + " build " + identity.build);
    constant("release", "edition=" + edition + ";version=" + identity.build + ";os=" + std::string(kSystem) +
                            ";arch=" + std::string(kArchitecture) + ";sha=" + std::string(40, '0') +
                            ";product=cairn;product-version=" + identity.version);
    constant("build_os", std::string(kSystem));
    constant("build_arch", std::string(kArchitecture));
    constant("compatibility-id", "15");
    constant("digests", "RIPEMD160");
    constant("features", std::string(kFeatures));
    constant("partitions", "4096");
    constant("status", "ok");
    info.add("loading", [&state](const InfoCommand&, InfoSession&) -> std::string {
        if (!state.loading.active()) return "loading=false";
        const auto now = state.loading.now();
        return "loading=true;namespace=" + now.ns + ";done-pct=" + std::to_string(now.done_pct) +
               ";seconds-left=" + std::to_string(now.seconds_left);
    });
    constant("connection", "admin=false");
    info.add("cluster-name",
             [&state](const InfoCommand&, InfoSession&) { return state.config()->service.cluster_name; });
    info.add("user-agent-set", [&state](const InfoCommand& command, InfoSession& session) {
        return set_user_agent(command, session, state);
    });
    info.add("user-agents", [&state](const InfoCommand&, InfoSession&) { return user_agents(state); });
    info.add("help", [&info](const InfoCommand&, InfoSession&) {
        std::string text;
        for (const std::string_view name : info.names()) text.append(text.empty() ? "" : ";").append(name);
        return text;
    });
}

}  // namespace cairn::server
