#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "node/cluster/cfg.h"

namespace cairn::cluster {

/// One process of a node. A promise made by an earlier one says nothing of what this one has: views name boots.
struct Member {
    NodeId id = 0;
    Incarnation incarnation;
    Boot boot = 0;
    auto operator<=>(const Member&) const = default;
};

struct View {
    Ballot ballot;
    std::vector<Member> members;  // ascending by id

    bool operator==(const View&) const = default;
    explicit operator bool() const { return static_cast<bool>(ballot); }
    const Member* find(NodeId id) const {
        const auto found = std::ranges::find(members, id, &Member::id);
        return found == members.end() ? nullptr : &*found;
    }
};

/// 48 bits that stand for a view; shown to tools. 0 for none.
uint64_t cluster_key(const View& view);

/// What a node says of its copy of one partition.
struct PartitionReport {
    Cfg cfg;               // last stored
    bool trusted = true;   // the data is what it was when `cfg` was stored
    bool has_data = false;  // there are records

    bool operator==(const PartitionReport&) const = default;
};

/// What a node says of a namespace it has.
struct NamespaceReport {
    DataInc data{};
    uint32_t replication_factor = 2;
    uint32_t rack = 0;
    uint32_t active_rack = 0;
    bool strong = false;  // SC
    bool uniform_balance = true;
    std::vector<PartitionReport> partitions{};  // kPartitionCount, or fewer in tests; the same number on all nodes

    bool operator==(const NamespaceReport&) const = default;
};

/// Nodes that should hold a strongly consistent namespace, whether they are up or not. Quorums are counted by the roster
/// alone, so that two views with different members, flags or settings count the same way.
struct RosterNode {
    NodeId id = 0;
    uint32_t rack = 0;
    auto operator<=>(const RosterNode&) const = default;
};
struct Roster {
    uint32_t generation = 0;
    uint32_t replication_factor = 2;
    std::vector<RosterNode> nodes{};  // ascending by id
    auto operator<=>(const Roster&) const = default;
};

/// All that a node promises a new view with. The table is computed from these and nothing else, so that all members
/// compute the same.
struct NodeReport {
    bool quiesced = false;
    uint32_t min_cluster_size = 1;
    std::map<std::string, NamespaceReport> namespaces;
    std::map<std::string, Roster> rosters;  // by namespace; the highest generation counts

    bool operator==(const NodeReport&) const = default;
};

using Reports = std::map<NodeId, std::shared_ptr<const NodeReport>>;

}  // namespace cairn::cluster
