#include <CLI/CLI.hpp>

#include "node/tools/command_line.h"
#include "node/tools/lists.h"
#include "node/tools/text_parts.h"

namespace cairn::ctl {
namespace {

/// What somebody should look at, each in a sentence.
std::vector<std::string> warnings(const Json& node, const Json& namespaces) {
    std::vector<std::string> found;
    if (!node["ready"]) found.push_back("The node is not ready: it owns no partitions yet.");
    if (!node["cluster_integrity"]) found.push_back("The cluster is not whole (cluster_integrity is false).");
    const double connections = node["connections"].get<double>(), most = node["connections_max"].get<double>();
    if (most > 0 && connections > 0.9 * most) {
        found.push_back(plain(node["connections"]) + " of " + plain(node["connections_max"]) +
                        " connections are in use (service.proto-fd-max).");
    }
    for (const auto& ns : namespaces) {
        const auto name = plain(ns["namespace"]);
        const double used = ns.value("memory_used_pct", 0.0), stop = ns.value("stop_writes_used_pct", 0.0);
        if (ns.value("stop_writes", false)) {
            found.push_back("Namespace " + name + " takes no writes (stop-writes).");
        } else if (stop > 0 && used >= 0.9 * stop) {
            found.push_back("Namespace " + name + " uses " + decimal(used, 0) + "% of its memory; writes stop at " +
                            decimal(stop, 0) + "% (storage-engine.stop-writes-used-pct).");
        }
        const double held = ns.value("memory_held_pct", 0.0), avail = ns.value("stop_writes_avail_pct", 0.0);
        if (avail > 0 && held >= 0.9 * (100 - avail)) {
            found.push_back("Namespace " + name + " holds " + decimal(held, 0) + "% of its memory; writes stop at " +
                            decimal(100 - avail, 0) + "% (storage-engine.stop-writes-avail-pct).");
        }
        if (ns.value("default_ttl", 0) != 0 && ns.value("nsup_period", 0) == 0) {
            found.push_back("Namespace " + name + " never removes expired records (nsup-period is 0).");
        }
    }
    return found;
}

Json value_of(const Json& object, const char* key, Json otherwise) {
    const auto found = object.find(key);
    return found == object.end() ? std::move(otherwise) : *found;
}

std::string version_text(const Json& release) {
    const auto product = plain(value_of(release, "product-version", nullptr));
    return product == "-" ? plain(value_of(release, "version", "unknown")) : product;
}

Json describe_node(const std::vector<std::string>& values) {
    const Json release = typed_pairs(values[3]), statistics = typed_pairs(values[4]), service = typed_pairs(values[5]);
    return {{"node", values[0]},
            {"edition", values[1]},
            {"version", version_text(release)},
            {"build", values[2]},
            {"uptime_s", value_of(statistics, "uptime", 0)},
            {"ready", values[6] != "-1"},
            {"cluster_name", value_of(service, "cluster-name", nullptr)},
            {"cluster_size", value_of(statistics, "cluster_size", 1)},
            {"cluster_integrity", value_of(statistics, "cluster_integrity", true)},
            {"connections", value_of(statistics, "client_connections", 0)},
            {"connections_max", value_of(service, "proto-fd-max", 0)},
            {"heap_used_bytes", value_of(statistics, "heap_allocated_kbytes", 0).get<uint64_t>() * 1024},
            {"heap_held_bytes", value_of(statistics, "heap_mapped_kbytes", 0).get<uint64_t>() * 1024},
            {"queries", value_of(statistics, "long_queries_active", 0)}};
}

std::string text_of(const Json& node, const std::string& address) {
    const Json lines = {
        {"Node", plain(node["node"]) + " at " + address},
        {"Version",
         plain(node["edition"]) + " " + plain(node["version"]) + ", protocol of build " + plain(node["build"])},
        {"Uptime", age_text(node["uptime_s"].get<uint64_t>())},
        {"Cluster", plain(node["cluster_name"]) + ", " + plain(node["cluster_size"]) +
                        (node["cluster_size"] == 1 ? " node" : " nodes")},
        {"Connections", plain(node["connections"]) + " of " + plain(node["connections_max"])},
        {"Heap", as_bytes_text(node["heap_used_bytes"]) + " used, " + as_bytes_text(node["heap_held_bytes"]) + " held"},
        {"Queries", plain(node["queries"]) + " running"},
    };
    return list(lines);
}

runtime::Task<Result<int>> summary(Session& session) {
    std::vector<std::string> commands;
    for (const char* command :
         {"node", "edition", "build", "release", "statistics", "get-config:context=service", "partition-generation"}) {
        commands.emplace_back(command);
    }
    const auto values = co_await session.info(std::move(commands));
    if (!values) co_return std::unexpected(values.error());
    const auto namespaces = co_await namespace_rows(session);
    if (!namespaces) co_return std::unexpected(namespaces.error());
    const auto latency = co_await latency_rows(session);
    if (!latency) co_return std::unexpected(latency.error());

    Json busy = Json::array();
    for (const auto& row : *latency) {
        if (row["per_second"] > 0) busy.push_back(row);
    }
    Json node = describe_node(*values);
    const auto wrong = warnings(node, *namespaces);
    if (session.json()) {
        node["namespaces"] = *namespaces;
        node["operations"] = busy;
        node["warnings"] = wrong;
        session.print(json_line(node));
        co_return 0;
    }
    static constexpr Column kBusy[] = {{"namespace", "NAMESPACE"},
                                       {"operation", "OPERATION"},
                                       {"per_second", "PER SECOND", as_rate},
                                       {"over_1_msec_pct", ">1ms %", as_share}};
    session.print(text_of(node, session.settings().host.text()));
    session.print("\n" + table(*namespaces, kNamespaceColumns));
    if (!busy.empty()) session.print("\n" + table(busy, kBusy));
    session.print("\n");
    for (const auto& sentence : wrong) session.print("WARNING: " + sentence + "\n");
    if (wrong.empty()) session.print("No warnings.\n");
    co_return 0;
}

}  // namespace

void add_summary_command(CLI::App& app, Action& chosen) {
    app.add_subcommand("summary", "How the node is: version, namespaces, memory, load, and what to look at")
        ->callback([&chosen] { chosen = summary; });
}

}  // namespace cairn::ctl
