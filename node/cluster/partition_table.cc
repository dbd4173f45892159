#include "node/cluster/partition_table.h"
#include "node/cluster/contains.h"

#include <algorithm>
#include <tuple>

namespace cairn::cluster {
namespace {

bool full_in_own(const Report& report) {
    const Copy* const copy = report.partition->cfg.copy_on(report.node);
    return report.partition->trusted && copy != nullptr && copy->data == report.data;
}

const Report* find(std::span<const Report> reports, NodeId node) {
    const auto found = std::ranges::find(reports, node, &Report::node);
    return found == reports.end() ? nullptr : &*found;
}

/// The first `replicas` of the row that are here.
std::vector<NodeId> targets_of(const PartitionCase& of) {
    std::vector<NodeId> targets;
    for (const NodeId node : of.row) {
        if (targets.size() < of.replicas && find(of.reports, node) != nullptr) targets.push_back(node);
    }
    return targets;
}

std::vector<Copy> full_copies(const PartitionCase& of, const Cfg& chosen) {
    std::vector<Copy> copies;
    for (const Report& report : of.reports) {
        if (classify(report.node, report.data, *report.partition, chosen, of.strong) == DataClass::full) {
            copies.push_back({report.node, report.data});
        }
    }
    return copies;
}

bool holds(const std::vector<Copy>& copies, NodeId node) { return contains(copies, node, &Copy::node); }

/// The lines that are present: Cfgs with a full reporter, that no other of them grew out of.
std::vector<const Cfg*> lines_of(const PartitionCase& of) {
    std::vector<const Cfg*> own, lines;
    for (const Report& report : of.reports) {
        if (full_in_own(report)) own.push_back(&report.partition->cfg);
    }
    for (const Cfg* const cfg : own) {
        const bool older = std::ranges::any_of(own, [&](const Cfg* other) { return other->descends_from(cfg->id); });
        const bool known = contains(lines, cfg->id, [](const Cfg* line) { return line->id; });
        if (!older && !known) lines.push_back(cfg);
    }
    return lines;
}

/// The line with most full copies among the targets, then most full copies, then that of the view with most members (all
/// know its Cfg): most clients were there. Then the highest.
const Cfg* best_line(const PartitionCase& of, const std::vector<NodeId>& targets) {
    const Cfg* best = nullptr;
    std::tuple<size_t, size_t, size_t, CfgId> best_rank;
    for (const Cfg* const line : lines_of(of)) {
        const auto copies = full_copies(of, *line);
        const size_t here =
            static_cast<size_t>(std::ranges::count_if(targets, [&](NodeId n) { return holds(copies, n); }));
        const auto knows = [&](const Report& r) { return r.partition->cfg.id.ballot == line->id.ballot; };
        const auto known = static_cast<size_t>(std::ranges::count_if(of.reports, knows));
        const std::tuple rank(here, copies.size(), known, line->id);
        if (best != nullptr && rank <= best_rank) continue;
        best = line;
        best_rank = rank;
    }
    return best;
}

/// A node may know a Cfg that does not name it: it gave its copy up, or is being filled.
bool named(const Report& report) { return report.partition->cfg.copy_on(report.node) != nullptr; }

/// AP, nobody is full: the copy that was so last, or that has anything at all.
const Report* best_remainder(const PartitionCase& of) {
    const auto rank = [](const Report& r) {
        return std::tuple(r.partition->has_data, named(r), r.partition->cfg.id, r.partition->trusted, r.node);
    };
    const Report* best = nullptr;
    for (const Report& report : of.reports) {
        const bool known = report.partition->has_data || full_in_own(report);
        if (known && (best == nullptr || rank(report) > rank(*best))) best = &report;
    }
    return best;
}

/// What follows from the targets, the Cfg and each copy's class.
void add_migrations(PartitionPlan& plan, const PartitionCase& of, const Cfg& chosen) {
    const NodeId master = plan.cfg.master;
    std::vector<NodeId> partial;
    for (const Report& report : of.reports) {
        if (holds(plan.cfg.insync, report.node)) {
            if (!contains(plan.targets, report.node)) plan.keep.push_back(report.node);
            continue;
        }
        const auto data_class = classify(report.node, report.data, *report.partition, chosen, of.strong);
        if (data_class == DataClass::behind) partial.push_back(report.node);
        if (data_class == DataClass::divergent) plan.merge.push_back(report.node);
        const bool keeps = data_class != DataClass::none;
        if (keeps && !contains(plan.targets, report.node)) plan.keep.push_back(report.node);
    }
    for (const NodeId from : plan.merge) plan.migrations.push_back({from, master, MigrationKind::merge, false});
    for (const NodeId to : plan.targets) {
        if (holds(plan.cfg.insync, to)) continue;
        const bool has_some = contains(partial, to) || contains(plan.merge, to);
        const bool lead = to == plan.targets.front() || (plan.cfg.insync.size() == 1 && plan.fill.empty());
        plan.fill.push_back(to);
        plan.migrations.push_back({master, to, has_some ? MigrationKind::delta : MigrationKind::full, lead});
    }
}

/// Who was master stays it, as long as it is full: the wished master gets the partition by a hand-over inside the view,
/// which leaves no client's write in doubt.
/// @param before  the master of the chosen Cfg.
NodeId master_of(const PartitionCase& of, const std::vector<Copy>& insync, NodeId before) {
    if (holds(insync, before)) return before;
    const auto first = std::ranges::find_if(of.row, [&](NodeId node) { return holds(insync, node); });
    return first != of.row.end() ? *first : insync.front().node;  // SC: of a node that has left the roster
}

bool names_absent(const PartitionCase& of) {
    return std::ranges::any_of(of.reports, [&](const Report& report) {
        return std::ranges::any_of(report.partition->cfg.insync,
                                   [&](const Copy& copy) { return find(of.reports, copy.node) == nullptr; });
    });
}

/// AP: whether what begins with this remainder grows out of its Cfg. Not when another may have everything of that: the
/// remainder would take its place.
bool goes_on(const PartitionCase& of, const Report& rest) {
    return named(rest) && std::ranges::all_of(rest.partition->cfg.insync,
                                              [&](const Copy& copy) { return find(of.reports, copy.node) != nullptr; });
}

}  // namespace

DataClass classify(NodeId node, DataInc data, const PartitionReport& report, const Cfg& chosen, bool strong) {
    const Cfg& own = report.cfg;
    const bool in_line = own.id == chosen.id || chosen.descends_from(own.id) || (strong && own.id < chosen.id);
    const Copy* const copy = chosen.copy_on(node);
    if (in_line && report.trusted && copy != nullptr && copy->data == data) return DataClass::full;
    if (strong && !report.trusted) return DataClass::none;
    if (!own && !report.has_data) return DataClass::none;
    const Copy* const own_copy = own.copy_on(node);
    const bool was_full = report.trusted && own_copy != nullptr && own_copy->data == data;
    if (!strong && !own) return DataClass::divergent;  // data of unknown descent
    // The steps of one view are one sequence, and nobody is dropped without a word of its own: what was acknowledged in a
    // later step of a view that the chosen line grew out of is on the chosen copies too.
    const auto of_its_view = [&](const CfgId& id) { return id.ballot == own.id.ballot; };
    const bool same_sequence = of_its_view(chosen.id) || std::ranges::any_of(chosen.ancestry, of_its_view);
    if (!strong && was_full && !in_line && !same_sequence) return DataClass::divergent;
    return report.has_data || was_full ? DataClass::behind : DataClass::none;
}

PartitionPlan plan_available(const PartitionCase& of) {
    PartitionPlan plan;
    plan.targets = targets_of(of);
    Cfg chosen;
    std::vector<Copy> insync;
    if (const Cfg* const line = best_line(of, plan.targets)) {
        chosen = *line;
        insync = full_copies(of, chosen);
    } else if (const Report* const rest = best_remainder(of)) {
        if (goes_on(of, *rest)) chosen = rest->partition->cfg;
        insync = {{rest->node, rest->data}};
    } else {
        plan.fresh = true;
        plan.data_elsewhere = names_absent(of);
        for (const Report& report : of.reports) {
            if (contains(plan.targets, report.node)) insync.push_back({report.node, report.data});
        }
    }
    if (chosen && insync == chosen.insync) {
        plan.cfg = chosen;  // the same line: an unrelated change of members does not lengthen ancestries
    } else {
        plan.cfg = chosen.successor({of.ballot, 0});
        plan.cfg.insync = insync;
    }
    plan.cfg.master = master_of(of, plan.cfg.insync, chosen.master);
    plan.cfg.regime = regime_of(of.ballot);
    add_migrations(plan, of, chosen);
    return plan;
}

PartitionPlan plan_strong(const PartitionCase& of) {
    PartitionPlan plan;
    plan.targets = targets_of(of);
    // A node without a Cfg was wiped, or is new: it does not remember what it promised, so it does not count.
    std::vector<NodeId> counted;
    const Cfg* chosen = nullptr;
    for (const Report& report : of.reports) {
        if (!report.partition->cfg || !contains(of.row, report.node)) continue;
        counted.push_back(report.node);
        if (chosen == nullptr || chosen->id < report.partition->cfg.id) chosen = &report.partition->cfg;
    }
    if (chosen == nullptr || counted.size() < of.quorum_replicas ||
        !is_quorum(of.quorum_row, of.quorum_replicas, counted)) {
        plan.state = Availability::unavailable;
        return plan;
    }
    const auto insync = full_copies(of, *chosen);
    if (insync.empty()) {
        const bool all_here = std::ranges::all_of(
            chosen->insync, [&](const Copy& copy) { return find(of.reports, copy.node) != nullptr; });
        plan.state = all_here ? Availability::dead : Availability::unavailable;
        return plan;
    }
    plan.cfg.id = {of.ballot, 0};
    plan.cfg.insync = insync;
    plan.cfg.master = master_of(of, insync, chosen->master);
    plan.cfg.regime = regime_of(of.ballot);
    add_migrations(plan, of, *chosen);
    return plan;
}

bool is_quorum(std::span<const NodeId> row, size_t replicas, std::span<const NodeId> present) {
    const auto here = [&](NodeId node) { return contains(present, node); };
    const size_t count = static_cast<size_t>(std::ranges::count_if(row, here));
    const auto first = row.first(std::min(replicas, row.size()));
    if (first.empty()) return false;
    if (std::ranges::all_of(first, here)) return true;
    if (2 * count > row.size()) return std::ranges::any_of(first, here);
    return 2 * count == row.size() && here(row.front());
}

}  // namespace cairn::cluster
