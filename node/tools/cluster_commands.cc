#include <CLI/CLI.hpp>

#include <algorithm>
#include <set>

#include "node/tools/cluster_facts.h"
#include "node/tools/command_line.h"
#include "node/tools/text_parts.h"

namespace cairn::ctl {
namespace {

using Facts = std::vector<NodeFacts>;

runtime::Task<Result<void>> ask(Session& session, Session::Node& node, NodeFacts& facts) {
    std::vector<std::string> commands;
    for (const char* command : {"release", "build", "statistics", "rack-ids"}) commands.emplace_back(command);
    for (const auto& [ns, replicas] : node.view.namespaces) commands.push_back("namespace/" + ns);
    const auto values = co_await session.info_of(node, std::move(commands));
    if (!values) co_return std::unexpected(values.error());
    const Json release = typed_pairs(values->at(0));
    facts.version = plain(release.value("product-version", Json(values->at(1))));
    facts.statistics = typed_pairs(values->at(2));
    facts.racks = client::is_info_error(values->at(3)) ? Json::object() : typed_pairs(values->at(3), ';', ':');
    facts.namespaces = Json::object();
    size_t at = 4;
    for (const auto& [ns, replicas] : node.view.namespaces) facts.namespaces[ns] = typed_pairs(values->at(at++));
    co_return Result<void>();
}

/// All nodes that the one that was named knows, and itself; in the order of their names.
runtime::Task<Result<Facts>> gather(Session& session) {
    auto nodes = co_await session.all_nodes();
    if (!nodes) co_return std::unexpected(nodes.error());
    Facts all;
    for (Session::Node* const node : *nodes) {
        NodeFacts& facts = all.emplace_back();
        facts.node = node->view.node;
        facts.address = node->at.text();
        facts.trouble = node->trouble;
        if (!facts.trouble.empty()) continue;
        facts.view = node->view;
        if (const auto asked = co_await ask(session, *node, facts); !asked) facts.trouble = asked.error().detail;
    }
    std::ranges::sort(all, {}, &NodeFacts::node);
    co_return all;
}

size_t count_racks(const Facts& nodes) {
    std::set<std::string> racks;
    for (const NodeFacts& node : nodes) {
        if (node.trouble.empty()) racks.insert(as_racks(node.racks));
    }
    return racks.size();
}

std::string counted(size_t count, const std::string& what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

runtime::Task<Result<int>> status(Session& session) {
    const auto nodes = co_await gather(session);
    if (!nodes) co_return std::unexpected(nodes.error());
    const auto name = co_await session.info("cluster-name");
    const Json rows = node_rows(*nodes), namespaces = cluster_namespace_rows(*nodes);
    const auto wrong = cluster_warnings(*nodes);
    uint64_t migrating = 0;
    for (const Json& row : partition_rows(*nodes, "")) migrating += row["migrating"].get<uint64_t>();
    if (session.json()) {
        session.print(json_line(Json{{"cluster_name", name ? Json(*name) : Json()},
                                     {"nodes", rows},
                                     {"namespaces", namespaces},
                                     {"partitions_migrating", migrating},
                                     {"warnings", wrong}}));
        co_return 0;
    }
    session.print((name ? *name : std::string("cluster")) + ": " + counted(nodes->size(), "node") + " in " +
                  counted(count_racks(*nodes), "rack") + ", " + counted(migrating, "partition") + " to be moved\n\n");
    session.print(table(rows, kNodeColumns) + "\n" + table(namespaces, kClusterNamespaceColumns) + "\n");
    for (const auto& sentence : wrong) session.print("WARNING: " + sentence + "\n");
    if (wrong.empty()) session.print("No warnings.\n");
    co_return 0;
}

runtime::Task<Result<int>> nodes(Session& session) {
    const auto all = co_await gather(session);
    if (!all) co_return std::unexpected(all.error());
    const Json rows = node_rows(*all);
    session.print(session.json() ? json_line(rows) : table(rows, kNodeColumns));
    co_return 0;
}

runtime::Task<Result<int>> partitions(Session& session, std::string ns) {
    const auto all = co_await gather(session);
    if (!all) co_return std::unexpected(all.error());
    const Json rows = partition_rows(*all, ns);
    if (rows.empty()) co_return fail("no node has a namespace '" + ns + "'");
    if (session.json()) {
        session.print(json_line(rows));
        co_return 0;
    }
    session.print(table(rows, kPartitionColumns) + "\n");
    for (const Unowned& of : unowned(*all)) {
        if (!ns.empty() && of.ns != ns) continue;
        std::string said = of.ns + ": ";
        if (of.without_master.none()) {
            said += "every partition has a master";
        } else {
            said += counted(of.without_master.count(), "partition") +
                    " without a master: " + ranges_text(of.without_master);
        }
        if (of.with_several.any()) said += "; with more than one: " + ranges_text(of.with_several);
        session.print(said + "\n");
    }
    co_return 0;
}

}  // namespace

void add_cluster_commands(CLI::App& app, Action& chosen) {
    app.add_subcommand("status", "How the cluster is: its nodes, its namespaces, and what to look at")
        ->callback([&chosen] { chosen = status; });
    app.add_subcommand("nodes", "The nodes of the cluster: address, state, rack, version")->callback([&chosen] {
        chosen = nodes;
    });
    const auto ns = std::make_shared<std::string>();
    auto* partitions_app =
        app.add_subcommand("partitions", "How many partitions each node is master of, and has other copies of");
    partitions_app->add_option("NS", *ns, "Namespace");
    partitions_app->callback([&chosen, ns] { chosen = [ns](Session& session) { return partitions(session, *ns); }; });
}

}  // namespace cairn::ctl
