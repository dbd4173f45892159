#pragma once
#include <map>
#include <string>
#include <vector>

#include "common/client/cluster_view.h"
#include "node/tools/render.h"

/// What the nodes of a cluster say, put together. Pure.
namespace cairn::ctl {

/// What one node says of itself, or why it says nothing.
struct NodeFacts {
    std::string node;
    std::string address;
    std::string trouble;  // empty: it has answered
    client::ClusterView view;
    std::string version;
    Json statistics;
    Json racks;       // by namespace
    Json namespaces;  // statistics and configuration, by namespace
};

/// "online", "starting", "quiesced", "quiescing" (asked for, not in force yet), "no view", "unreachable".
std::string state_of(const NodeFacts& node);
/// A row for each node, for kNodeColumns.
Json node_rows(const std::vector<NodeFacts>& nodes);
/// A row for each namespace over all nodes, for kClusterNamespaceColumns.
Json cluster_namespace_rows(const std::vector<NodeFacts>& nodes);
/// A row for each namespace and node that has it, for kPartitionColumns.
Json partition_rows(const std::vector<NodeFacts>& nodes, const std::string& ns);

/// Of each namespace, the partitions that no node is master of, and those of which several say they are.
struct Unowned {
    std::string ns;
    client::PartitionSet without_master, with_several;
};
std::vector<Unowned> unowned(const std::vector<NodeFacts>& nodes);
/// "0-4, 9 and 12 more": at most eight ranges.
std::string ranges_text(const client::PartitionSet& partitions);

/// What somebody should look at, each in a sentence.
std::vector<std::string> cluster_warnings(const std::vector<NodeFacts>& nodes);

/// "1", or "1,2" where namespaces differ.
std::string as_racks(const Json& racks);

inline constexpr Column kNodeColumns[] = {{"node", "NODE"},
                                          {"address", "ADDRESS"},
                                          {"state", "STATE"},
                                          {"racks", "RACK", as_racks},
                                          {"version", "VERSION"},
                                          {"uptime", "UPTIME"},
                                          {"connections", "CONNECTIONS", as_count},
                                          {"objects", "OBJECTS", as_count},
                                          {"cluster_key", "CLUSTER KEY"}};
inline constexpr Column kClusterNamespaceColumns[] = {{"namespace", "NAMESPACE"},
                                                      {"nodes", "NODES"},
                                                      {"copies", "COPIES"},
                                                      {"partitions_served", "PARTITIONS", as_count},
                                                      {"objects", "OBJECTS", as_count},
                                                      {"data_bytes", "DATA", as_bytes_text},
                                                      {"stop_writes", "STOP-WRITES"}};
inline constexpr Column kPartitionColumns[] = {{"namespace", "NAMESPACE"}, {"node", "NODE"},     {"state", "STATE"},
                                               {"rack", "RACK"},           {"master", "MASTER"}, {"replica", "REPLICA"},
                                               {"migrating", "MIGRATING"}};

}  // namespace cairn::ctl
