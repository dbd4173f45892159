#pragma once
#include "node/server/info/info.h"

/// The commands by topic, one source file each. Forms and texts: docs/protocol.md, "Info".
namespace cairn::server {

/// Who this node is: all that never changes while it runs, and what a client says of itself.
void add_identity_commands(Info& info, State& state);
/// What it owns, who its peers are, how the cluster stands; quiesce, recluster, roster, racks.
void add_topology_commands(Info& info, State& state);
/// `statistics` and its parts.
void add_statistics_commands(Info& info, State& state);
/// `namespaces`, `namespace/`, `sets`.
void add_namespace_commands(Info& info, State& state);
/// get-config, set-config, logs.
void add_configuration_commands(Info& info, State& state);
/// `latencies:` and `histogram:`.
void add_latency_commands(Info& info, State& state);
/// query-show, query-abort.
void add_query_commands(Info& info, State& state);
/// truncate and eviction-reset.
void add_truncate_commands(Info& info, State& state);
/// Secondary indexes.
void add_index_commands(Info& info, State& state);
/// Registered scripts: udf-put, udf-get, udf-list, udf-remove.
void add_module_commands(Info& info, State& state);
/// `cairn-migrations`: what moves between the copies.
void add_migration_commands(Info& info, State& state);
/// What administrators look at when something is wrong, and features of other editions.
void add_diagnostic_commands(Info& info, State& state);

/// f(namespace) of all namespaces, joined by ';'.
template <class F>
std::string of_namespaces(const State& state, F&& f) {
    std::string all;
    for (const auto& ns : state.namespaces) {
        if (!all.empty()) all += ';';
        all += f(*ns);
    }
    return all;
}

}  // namespace cairn::server
