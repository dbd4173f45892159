#include <algorithm>

#include "operator/api/timestamp.h"
#include "operator/plan/draft.h"

namespace cairn::plan {
namespace {

using api::Truth;

class Conditions {
public:
    Conditions(std::vector<api::Condition>& all, int64_t generation, Seconds now)
        : all_(all), generation_(generation), now_(now) {}

    void set(std::string_view type, Truth status, std::string_view reason, std::string_view message = "") {
        auto found = std::ranges::find(all_, type, &api::Condition::type);
        if (found == all_.end()) {
            all_.emplace_back().type = type;
            found = all_.end() - 1;
        }
        if (found->last_transition_time.empty() || found->status != status)
            found->last_transition_time = api::to_timestamp(now_);
        found->status = status;
        found->observed_generation = generation_;
        found->reason = reason;
        found->message = message;
    }
    void set(std::string_view type, bool status, std::string_view reason, std::string_view message = "") {
        set(type, status ? Truth::yes : Truth::no, reason, message);
    }

private:
    std::vector<api::Condition>& all_;
    const int64_t generation_;
    const Seconds now_;
};

struct Counts {
    int32_t nodes = 0, staying = 0, complete = 0, updated = 0, broken = 0, leaving = 0, restarting = 0;
    bool deferred = false;
    bool failed = false;
    int64_t unavailable = 0;
    int32_t up = 0;
    int32_t fullest = 0;
};

Counts count(const View& view) {
    Counts counts;
    for (const Member& member : view.members()) {
        counts.nodes++;
        counts.staying += member.staying();
        counts.leaving += member.node->leaving || !member.staying();
        counts.restarting += member.node->restarting;
        counts.complete += member.complete();
        counts.updated += member.staying() && !view.outdated(member);
        counts.broken += member.pod == nullptr || member.broken() || member.pod->crashing || member.claims_lost;
        counts.up += member.up();
        const Revision* target = view.target(member.node->rack);
        counts.failed |= target != nullptr && member.node->failed_revision == target->text();
        counts.deferred |= target != nullptr && view.is_target(member.node->revision, member.node->rack) &&
                           member.node->revision != target->text();
        if (!member.up()) continue;
        counts.unavailable = std::max(counts.unavailable, member.server->unavailable);
        counts.fullest = std::max(counts.fullest, member.server->used_percent);
    }
    return counts;
}

api::Phase phase_of(const Observed& seen, const Counts& counts) {
    if (seen.deleting) return api::Phase::deleting;
    if (!seen.wish) return api::Phase::failed;
    if (seen.wish->hibernated) return api::Phase::hibernated;
    if (seen.wish->paused) return api::Phase::paused;
    if (counts.restarting > 0) return api::Phase::updating;
    if (counts.leaving > 0 || counts.staying != seen.wish->size) {
        return seen.status.last_good_revision.empty() ? api::Phase::creating : api::Phase::scaling;
    }
    if (counts.complete < counts.staying) {
        return seen.status.last_good_revision.empty() ? api::Phase::creating : api::Phase::healing;
    }
    return counts.updated < counts.staying ? api::Phase::updating : api::Phase::running;
}

void set_racks(const View& view, api::ClusterStatus& status) {
    std::map<std::string, api::RackStatus> racks;
    for (const Member& member : view.members()) {
        if (member.rack.empty()) continue;
        api::RackStatus& rack = racks[member.rack];
        rack.name = member.rack;
        if (member.pod != nullptr && rack.zone.empty()) rack.zone = member.pod->zone_label;
        rack.nodes.current = rack.nodes.current.value_or(0) + 1;
        rack.nodes.ready = rack.nodes.ready.value_or(0) + member.complete();
        rack.nodes.updated = rack.nodes.updated.value_or(0) + !view.outdated(member);
    }
    status.racks.clear();
    for (auto& [name, rack] : racks) {
        for (const Budget& budget : view.observed().budgets) {
            if (budget.rack == name) rack.disruptions_allowed = std::max(0, *rack.nodes.ready - budget.min_available);
        }
        if (status.racks.size() < 64) status.racks.push_back(std::move(rack));
    }
}

void set_revisions(const View& view, const Counts& counts, api::ClusterStatus& status) {
    const Wish& wish = *view.observed().wish;
    for (const RackWish& rack : wish.racks) {
        if (rack.active) {
            status.update_revision = rack.revision.text();
            break;
        }
    }
    if (counts.staying == wish.size && counts.updated == counts.staying && counts.complete == counts.nodes) {
        status.current_revision = status.update_revision;
        status.last_good_revision = status.update_revision;
    }
}

void set_conditions(const View& view, const Counts& counts, const Plan& plan, Conditions conditions) {
    const Observed& seen = view.observed();
    const bool valid = seen.wish && seen.spec_mistake.empty();
    const bool asleep = seen.wish && (seen.wish->hibernated || seen.deleting);
    const int32_t size = seen.wish ? seen.wish->size : 0;
    const std::string waiting = plan.waiting_for.empty() ? "Working" : plan.waiting_for;
    const bool available = view.known() && counts.up > 0 && counts.unavailable == 0;
    const bool done = counts.staying == size && counts.leaving == 0 && counts.restarting == 0 &&
                      counts.complete == counts.nodes && (counts.updated == counts.staying || counts.failed);
    conditions.set("SpecValid", valid, valid ? "Accepted" : "ConfigRejected", seen.spec_mistake);
    if (!view.known() && !asleep) {
        conditions.set("Available", Truth::unknown, "ServerUnreachable", "not all servers answer, or they disagree");
        conditions.set("Healthy", Truth::unknown, "ServerUnreachable");
    } else {
        conditions.set("Available", available, available ? "Serving" : asleep ? "Stopped" : "NodesNotReady");
        const bool healthy = available && view.migrations() == 0 && done;
        conditions.set("Healthy", healthy, healthy ? "FullyReplicated" : "WaitingForMigrations");
    }
    conditions.set("Progressing", !done && !asleep, done ? "Done" : waiting);
    conditions.set("Degraded", counts.broken > 0 && !asleep, counts.broken > 0 ? "NodesNotReady" : "AllNodesFit");
    const bool updated = counts.updated == counts.staying && counts.staying > 0;
    conditions.set("Updated", updated, counts.failed ? "RolledBack" : updated ? "AllNodes" : waiting);
    const bool pending =
        counts.deferred || (seen.wish && seen.wish->strategy == api::UpdateStrategy::on_delete && !updated);
    conditions.set("UpdatePending", pending, pending ? "WaitsForUser" : "NothingPending");
    conditions.set("Paused", seen.wish && seen.wish->paused, seen.wish && seen.wish->paused ? "Asked" : "NotAsked");
    conditions.set("Hibernated", seen.wish && seen.wish->hibernated && seen.pods.empty(),
                   seen.wish && seen.wish->hibernated ? "Asked" : "NotAsked");
    const bool ready = available && done && valid && !asleep && updated;
    conditions.set("Ready", ready, ready ? "AllNodesReady" : waiting);
}

}  // namespace

void write_status(const View& view, Plan& plan) {
    const Observed& seen = view.observed();
    api::ClusterStatus& status = plan.status;
    // Until all lists are in sync nothing is said of a new generation.
    if (!seen.complete) return;
    const Counts counts = count(view);
    status.observed_generation = seen.generation;
    status.phase = phase_of(seen, counts);
    status.size = counts.staying;
    status.ready_nodes = counts.complete;
    status.updated_nodes = counts.updated;
    status.selector = "app.kubernetes.io/instance=" + seen.cluster.name + ",app.kubernetes.io/name=cairn";
    status.cluster_uuid = seen.cluster.uid;
    if (seen.wish) set_revisions(view, counts, status);
    status.cluster_key = view.cluster_key();
    status.partitions.emplace();
    if (view.known()) {
        status.partitions->unavailable = int32_t(counts.unavailable);
        status.partitions->migrations_remaining = view.migrations();
    }
    status.storage.emplace().max_used_percent = counts.fullest;
    for (const Member& member : view.members()) {
        if (member.up()) status.version = member.server->version;
    }
    set_racks(view, status);
    status.operation.reset();
    if (!plan.waiting_for.empty()) status.operation.emplace().waiting_for = plan.waiting_for;
    set_conditions(view, counts, plan, Conditions(status.conditions, seen.generation, seen.now));
}

}  // namespace cairn::plan
