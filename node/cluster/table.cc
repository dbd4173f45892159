#include "node/cluster/table.h"

#include <algorithm>
#include <limits>
#include <set>

#include "common/base/check.h"
#include "common/base/hash.h"
#include "node/cluster/partition_table.h"
#include "node/cluster/placement.h"

namespace cairn::cluster {
namespace {

/// Hashes what goes in, in order.
class Digester {
public:
    void add(uint64_t number) {
        std::array<uint8_t, 8> bytes;
        store_le(bytes.data(), number);
        hash_ = hash64(bytes, hash_);
    }
    void add(const std::string& text) { hash_ = hash64(as_bytes(text), hash_ + text.size()); }
    void add(const std::vector<NodeId>& nodes) {
        add(nodes.size());
        for (const NodeId node : nodes) add(node);
    }
    void add(const CfgId& id) {
        add(id.ballot.counter);
        add(id.ballot.proposer);
        add(id.ballot.boot);
        add(id.step);
    }
    void add(const Cfg& cfg) {
        add(cfg.id);
        add(cfg.insync.size());
        for (const Copy& copy : cfg.insync) {
            add(copy.node);
            add(copy.data.high);
            add(copy.data.low);
        }
        add(cfg.master);
        add(cfg.regime);
        add(cfg.ancestry.size());
        for (const CfgId& id : cfg.ancestry) add(id);
    }
    void add(const PartitionPlan& plan) {
        add(uint64_t(plan.state) << 2 | uint64_t(plan.fresh) << 1 | uint64_t(plan.data_elsewhere));
        add(plan.cfg);
        add(plan.targets);
        add(plan.fill);
        add(plan.merge);
        add(plan.keep);
    }
    uint64_t hash() const { return hash_; }

private:
    uint64_t hash_ = 0;
};

/// What the members say of one namespace.
struct Namespace {
    std::vector<std::pair<NodeId, const NamespaceReport*>> hosts;  // ascending
    std::vector<PlacedNode> nodes;                                 // hosts; in SC the roster
    PlacementRules rules;
    bool strong = false;
    Roster roster;  // SC
};

const Roster* latest_roster(const Reports& reports, const std::string& name) {
    const Roster* latest = nullptr;
    for (const auto& [node, report] : reports) {
        const auto found = report->rosters.find(name);
        if (found != report->rosters.end() && (latest == nullptr || *latest < found->second)) latest = &found->second;
    }
    return latest;
}

Namespace gather(const Reports& reports, const std::string& name) {
    Namespace of;
    of.rules.replication_factor = std::numeric_limits<uint32_t>::max();
    of.rules.partitions = kPartitionCount;
    std::map<NodeId, PlacedNode> placed;
    for (const auto& [node, report] : reports) {
        const auto found = report->namespaces.find(name);
        if (found == report->namespaces.end()) continue;
        const NamespaceReport& said = found->second;
        of.hosts.emplace_back(node, &said);
        placed[node] = {node, said.rack, report->quiesced};
        of.strong = of.strong || said.strong;
        of.rules.replication_factor = std::min(of.rules.replication_factor, said.replication_factor);
        of.rules.uniform_balance = of.rules.uniform_balance && said.uniform_balance;
        of.rules.active_rack = std::max(of.rules.active_rack, said.active_rack);
        of.rules.partitions = std::min(of.rules.partitions, static_cast<uint32_t>(said.partitions.size()));
    }
    if (of.strong) {
        of.rules.uniform_balance = false;  // rows of the whole roster, whoever is here
        if (const Roster* const roster = latest_roster(reports, name)) of.roster = *roster;
        of.rules.replication_factor = of.roster.replication_factor;
        for (const RosterNode& node : of.roster.nodes) {
            const auto here = placed.find(node.id);
            of.nodes.push_back({node.id, node.rack, here != placed.end() && here->second.quiesced});
        }
    } else {
        for (const auto& [node, as_placed] : placed) of.nodes.push_back(as_placed);
    }
    return of;
}

Placement quorum_placement(const Namespace& of) {
    std::vector<PlacedNode> nodes;
    for (const RosterNode& node : of.roster.nodes) nodes.push_back({node.id, node.rack, false});
    return Placement(std::move(nodes), {.replication_factor = of.roster.replication_factor,
                                        .uniform_balance = false,
                                        .active_rack = 0,
                                        .partitions = of.rules.partitions});
}

void list_row(const Placement& placement, PartitionId partition, std::vector<NodeId>& into) {
    into.clear();
    for (const uint16_t n : placement.row(partition)) into.push_back(placement.nodes()[n].id);
}

std::vector<PartitionPlan> plan_namespace(const View& view, const Namespace& of, bool held) {
    std::vector<PartitionPlan> plans(of.rules.partitions);
    const Placement placement(of.nodes, of.rules);
    const Placement quorums = quorum_placement(of);
    std::vector<Report> reports;
    std::vector<NodeId> row, quorum_row;
    for (uint32_t p = 0; p < of.rules.partitions; ++p) {
        reports.clear();
        for (const auto& [node, said] : of.hosts) reports.push_back({node, said->data, &said->partitions[p]});
        list_row(placement, static_cast<PartitionId>(p), row);
        list_row(quorums, static_cast<PartitionId>(p), quorum_row);
        const PartitionCase partition{view.ballot, reports,           row, placement.replicas(), of.strong,
                                      quorum_row,  quorums.replicas()};
        if (held && !of.strong) {
            plans[p].state = Availability::held;
            continue;
        }
        plans[p] = of.strong ? plan_strong(partition) : plan_available(partition);
    }
    return plans;
}

}  // namespace

uint64_t cluster_key(const View& view) {
    if (!view) return 0;
    Digester digester;
    digester.add(view.ballot.counter);
    digester.add(view.ballot.proposer);
    digester.add(view.ballot.boot);
    for (const Member& member : view.members) {
        digester.add(member.id);
        digester.add(member.boot);
    }
    return digester.hash() & 0xFFFF'FFFF'FFFF;
}

Table make_table(const View& view, const Reports& reports) {
    CAIRN_CHECK(reports.size() == view.members.size());
    std::set<std::string> names;
    uint32_t size_min = 1;
    for (const auto& [node, report] : reports) {
        CAIRN_CHECK(view.find(node) != nullptr);
        size_min = std::max(size_min, report->min_cluster_size);
        for (const auto& [name, said] : report->namespaces) names.insert(name);
    }
    Table table;
    Digester digester;
    digester.add(cluster_key(view));
    for (const std::string& name : names) {
        auto plans = plan_namespace(view, gather(reports, name), view.members.size() < size_min);
        digester.add(name);
        for (const PartitionPlan& plan : plans) digester.add(plan);
        table.namespaces.emplace(name, std::move(plans));
    }
    table.hash = digester.hash();
    return table;
}

}  // namespace cairn::cluster
