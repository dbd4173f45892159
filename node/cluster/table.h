#pragma once
#include <map>
#include <span>
#include <string>
#include <vector>

#include "node/cluster/view.h"

namespace cairn::cluster {

/// What a copy is worth beside the Cfg that was chosen for its partition.
enum class DataClass : uint8_t {
    full,       // has all that was acknowledged
    behind,     // all it has was known to the chosen line: what differs is to be sent
    divergent,  // AP: was full in a line of its own, may hold records that nobody else has: merged first
    none,       // no data, or in SC none that can be trusted
};

enum class Availability : uint8_t {
    serving,
    held,         // the view is smaller than `min-cluster-size`
    unavailable,  // SC: no quorum, or the copies in sync are elsewhere
    dead,         // SC: all that were in sync are here, none can be trusted; an operator decides
};

enum class MigrationKind : uint8_t { delta, full, merge };

/// Data that has to move before a partition has all its copies.
struct Migration {
    NodeId from = 0;
    NodeId to = 0;
    MigrationKind kind = MigrationKind::full;
    bool lead = false;  // before others: to the node that is to become master, or the second copy

    bool operator==(const Migration&) const = default;
};

struct PartitionPlan {
    Availability state = Availability::serving;
    bool fresh = false;           // nobody present had data: begins empty
    bool data_elsewhere = false;  // fresh, although a Cfg names nodes that are not here
    Cfg cfg;                      // to be stored; none when the partition is not serving
    std::vector<NodeId> targets;  // who should hold copies, the wished master first
    std::vector<NodeId> fill;     // targets not in sync
    std::vector<NodeId> merge;    // divergent holders, the master merges them
    std::vector<NodeId> keep;     // other holders: keep their data until the fills are done
    std::vector<Migration> migrations;

    bool operator==(const PartitionPlan&) const = default;
};

struct Table {
    std::map<std::string, std::vector<PartitionPlan>> namespaces;
    /// Over all that is above: equal on all members, or the view does not become active.
    uint64_t hash = 0;
};

/// The table of a view: for each namespace and partition who is master, in sync, to be filled. A pure function.
/// @param reports  of all members of the view.
Table make_table(const View& view, const Reports& reports);

/// The class of the copy on `node` beside the chosen Cfg.
DataClass classify(NodeId node, DataInc data, const PartitionReport& report, const Cfg& chosen, bool strong);

/// SC: whether the roster nodes in `present` may serve a partition. Any two such sets of one roster share a node.
/// @param row       all nodes of the roster in the partition's order.
/// @param replicas  of the partition, on the whole roster.
/// @param present   those that are here and remember what they promised.
bool is_quorum(std::span<const NodeId> row, size_t replicas, std::span<const NodeId> present);

}  // namespace cairn::cluster
