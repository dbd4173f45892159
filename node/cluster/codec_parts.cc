#include "node/cluster/codec_parts.h"

#include <algorithm>

namespace cairn::cluster {
namespace {

constexpr size_t kMemberSize = 32, kCopySize = 24, kCfgIdSize = 24;

/// Refuses what is not in ascending order, or twice there.
template <class T, class Projection>
void check_ascending(ByteReader& in, const std::vector<T>& list, Projection by) {
    const auto unordered = [&](const T& a, const T& b) { return std::invoke(by, a) >= std::invoke(by, b); };
    if (std::ranges::adjacent_find(list, unordered) != list.end()) in.refuse();
}

}  // namespace

void write(ByteWriter& out, const CfgId& id) {
    write(out, id.ballot);
    out.number(id.step);
}

CfgId read_cfg_id(ByteReader& in) {
    const Ballot ballot = read_ballot(in);
    return {ballot, in.number<uint32_t>()};
}

void write(ByteWriter& out, const Cfg& cfg) {
    write(out, cfg.id);
    out.count(cfg.insync.size());
    for (const Copy& copy : cfg.insync) {
        out.number(copy.node);
        write(out, copy.data);
    }
    out.number(cfg.master);
    out.number(cfg.regime);
    out.count(cfg.ancestry.size());
    for (const CfgId& id : cfg.ancestry) write(out, id);
}

Cfg read_cfg(ByteReader& in) {
    Cfg cfg;
    cfg.id = read_cfg_id(in);
    const size_t copies = in.count(kNodesMax, kCopySize);
    for (size_t i = 0; i < copies; ++i) {
        const NodeId node = in.number<uint64_t>();
        cfg.insync.push_back({node, read_incarnation(in)});
    }
    check_ascending(in, cfg.insync, &Copy::node);
    cfg.master = in.number<uint64_t>();
    cfg.regime = in.number<uint32_t>();
    const size_t ancestors = in.count(kAncestryMax, kCfgIdSize);
    for (size_t i = 0; i < ancestors; ++i) cfg.ancestry.push_back(read_cfg_id(in));
    if (cfg && (cfg.insync.empty() || cfg.copy_on(cfg.master) == nullptr)) in.refuse();
    return cfg;
}

namespace {

// A Cfg is written once for all its partitions: a small frame could make a node fill its memory.
constexpr size_t kCopiesMax = 2 << 20;

constexpr uint8_t kTrusted = 1, kHasData = 2;

/// Most partitions of a namespace have one of a few Cfgs: each is written once, the partitions point at it.
void write(ByteWriter& out, const NamespaceReport& said) {
    write(out, said.data);
    out.number(said.replication_factor);
    out.number(said.rack);
    out.number(said.active_rack);
    out.number(static_cast<uint8_t>(said.strong));
    out.number(static_cast<uint8_t>(said.uniform_balance));
    const auto less = [](const Cfg* a, const Cfg* b) {
        if (a->id != b->id) return a->id < b->id;
        if (a->insync != b->insync) return a->insync < b->insync;
        if (a->master != b->master) return a->master < b->master;
        return a->regime != b->regime ? a->regime < b->regime : a->ancestry < b->ancestry;
    };
    std::map<const Cfg*, uint16_t, decltype(less)> numbers(less);
    std::vector<const Cfg*> distinct;
    std::vector<uint16_t> number_of;  // by partition: looking for one costs more than all else here
    number_of.reserve(said.partitions.size());
    for (const PartitionReport& partition : said.partitions) {
        const auto [known, is_new] = numbers.emplace(&partition.cfg, static_cast<uint16_t>(distinct.size()));
        if (is_new) distinct.push_back(&partition.cfg);
        number_of.push_back(known->second);
    }
    out.count(distinct.size());
    for (const Cfg* const cfg : distinct) write(out, *cfg);
    out.count(said.partitions.size());
    for (size_t p = 0; p < said.partitions.size(); ++p) {
        const PartitionReport& partition = said.partitions[p];
        out.number(number_of[p]);
        out.number(static_cast<uint8_t>((partition.trusted ? kTrusted : 0) | (partition.has_data ? kHasData : 0)));
    }
}

NamespaceReport read_namespace(ByteReader& in) {
    NamespaceReport said;
    said.data = read_incarnation(in);
    said.replication_factor = in.number<uint32_t>();
    said.rack = in.number<uint32_t>();
    said.active_rack = in.number<uint32_t>();
    said.strong = in.flag();
    said.uniform_balance = in.flag();
    if (said.replication_factor == 0) in.refuse();
    std::vector<Cfg> distinct(in.count(kPartitionCount, kCfgIdSize));
    for (Cfg& cfg : distinct) cfg = read_cfg(in);
    said.partitions.resize(in.count(kPartitionCount, 3));
    for (PartitionReport& partition : said.partitions) {
        const size_t number = in.number<uint16_t>();
        const uint8_t flags = in.number<uint8_t>();
        if (number >= distinct.size() || flags > (kTrusted | kHasData)) in.refuse();
        if (!in.ok()) return said;
        partition = {distinct[number], (flags & kTrusted) != 0, (flags & kHasData) != 0};
    }
    return said;
}

void write(ByteWriter& out, const Roster& roster) {
    out.number(roster.generation);
    out.number(roster.replication_factor);
    out.count(roster.nodes.size());
    for (const RosterNode& node : roster.nodes) {
        out.number(node.id);
        out.number(node.rack);
    }
}

Roster read_roster(ByteReader& in) {
    Roster roster;
    roster.generation = in.number<uint32_t>();
    roster.replication_factor = in.number<uint32_t>();
    roster.nodes.resize(in.count(kNodesMax, 12));
    for (RosterNode& node : roster.nodes) node = {in.number<uint64_t>(), in.number<uint32_t>()};
    check_ascending(in, roster.nodes, &RosterNode::id);
    if (roster.replication_factor == 0) in.refuse();
    return roster;
}

}  // namespace

void write(ByteWriter& out, const Ballot& ballot) {
    out.number(ballot.counter);
    out.number(ballot.proposer);
    out.number(ballot.boot);
}

Ballot read_ballot(ByteReader& in) {
    Ballot ballot;
    ballot.counter = in.number<uint32_t>();
    ballot.proposer = in.number<uint64_t>();
    ballot.boot = in.number<uint64_t>();
    if (ballot.counter > kBallotCounterMax || (ballot.counter == 0) != (ballot.proposer == 0)) in.refuse();
    return ballot;
}

void write(ByteWriter& out, const Incarnation& incarnation) {
    out.number(incarnation.high);
    out.number(incarnation.low);
}

Incarnation read_incarnation(ByteReader& in) {
    const uint64_t high = in.number<uint64_t>();
    return {high, in.number<uint64_t>()};
}

void write(ByteWriter& out, const Member& member) {
    out.number(member.id);
    write(out, member.incarnation);
    out.number(member.boot);
}

Member read_member(ByteReader& in) {
    Member member;
    member.id = in.number<uint64_t>();
    member.incarnation = read_incarnation(in);
    member.boot = in.number<uint64_t>();
    if (member.id == 0 || member.boot == 0) in.refuse();
    return member;
}

void write_members(ByteWriter& out, const std::vector<Member>& members) {
    out.count(members.size());
    for (const Member& member : members) write(out, member);
}

std::vector<Member> read_members(ByteReader& in) {
    std::vector<Member> members(in.count(kNodesMax, kMemberSize));
    for (Member& member : members) member = read_member(in);
    check_ascending(in, members, &Member::id);
    return members;
}

void write(ByteWriter& out, const View& view) {
    write(out, view.ballot);
    write_members(out, view.members);
}

View read_view(ByteReader& in) {
    const Ballot ballot = read_ballot(in);
    return {ballot, read_members(in)};
}

void write(ByteWriter& out, const NodeReport& report) {
    out.number(static_cast<uint8_t>(report.quiesced));
    out.number(report.min_cluster_size);
    out.count(report.namespaces.size());
    for (const auto& [name, said] : report.namespaces) {
        out.text(name);
        write(out, said);
    }
    out.count(report.rosters.size());
    for (const auto& [name, roster] : report.rosters) {
        out.text(name);
        write(out, roster);
    }
}

NodeReport read_report(ByteReader& in) {
    NodeReport report;
    report.quiesced = in.flag();
    report.min_cluster_size = in.number<uint32_t>();
    const size_t namespaces = in.count(kNamespacesMax, 32);
    size_t copies = 0;
    for (size_t i = 0; i < namespaces && in.ok(); ++i) {
        const std::string name = in.text(kNamespaceNameMax);
        const auto [said, is_new] = report.namespaces.emplace(name, read_namespace(in));
        for (const auto& partition : said->second.partitions) copies += partition.cfg.insync.size();
        if (!is_new || copies > kCopiesMax) in.refuse();
    }
    const size_t rosters = in.count(kNamespacesMax, 8);
    for (size_t i = 0; i < rosters && in.ok(); ++i) {
        const std::string name = in.text(kNamespaceNameMax);
        if (!report.rosters.emplace(name, read_roster(in)).second) in.refuse();
    }
    return report;
}

}  // namespace cairn::cluster
