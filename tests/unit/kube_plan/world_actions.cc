#include <algorithm>

#include "tests/unit/kube_plan/world.h"

// What the API server and the servers do with an action, and whether it may be done.

namespace cairn::plan {
namespace {

template <class Map>
bool fits(const Map& map, const Identity& id) {
    const auto found = map.find(id.name);
    if (found == map.end()) return false;
    if constexpr (requires { found->second.pod; }) {
        return found->second.pod.id == id;
    } else {
        return found->second.id == id;
    }
}

}  // namespace

bool World::act(const AddFinalizer&) {
    finalizer_ = true;
    return true;
}

bool World::act(const RemoveFinalizer&) {
    if (!nodes_.empty() || !pods_.empty()) violate("the finalizer goes while something is left");
    finalizer_ = false;
    return true;
}

bool World::act(const CreateNode& action) {
    done["CreateNode"]++;
    if (nodes_.contains(action.name)) return false;
    for (const auto& [name, claim] : claims_) {
        if (claim.node == action.name) violate("I5: a new node " + action.name + " takes the name of an old claim");
    }
    if (bound_.contains(action.node_id)) violate("I5: node id " + action.node_id + " is given twice");
    NodeObject node{.id = {action.name, "uid" + fresh(), fresh()},
                    .rack = action.rack,
                    .index = action.index,
                    .node_id = action.node_id};
    node.revision = action.revision;
    nodes_[action.name] = node;
    return true;
}

bool World::act(const ChangeNode& action) {
    done["ChangeNode"]++;
    if (!fits(nodes_, action.id)) return false;
    NodeObject& node = nodes_.at(action.id.name);
    const auto pod = pods_.find(action.id.name);
    const bool alive = pod != pods_.end() && pod->second.process;
    const bool begins =
        (action.leaving.value_or(false) && !node.leaving) || (action.restarting.value_or(false) && !node.restarting);
    const bool was_complete = alive && pod->second.pod.gate && database_.complete(node.node_id);
    const bool alone = wish.size == 1 && nodes_.size() == 1;
    if (begins && was_complete && !alone) {
        if (database_.migrations() != 0) violate("I3: a step begins at " + action.id.name + " while data moves");
        if (wish.budget == api::BudgetKind::dynamic) {
            for (const auto& [rack, min] : budgets_) {
                const auto in_rack =
                    std::ranges::count_if(pods_, [&](const auto& p) { return p.second.pod.rack_label == rack; });
                if (min < in_rack) violate("I2: a step begins while the budget of " + rack + " is open");
            }
        }
    }
    if (action.leaving) node.leaving = *action.leaving;
    if (action.restarting) node.restarting = *action.restarting;
    if (action.restarting.value_or(false) || begins) node.step_since = now;
    if (action.revision) node.revision = *action.revision;
    if (action.previous_revision) node.previous_revision = *action.previous_revision;
    if (action.failed_revision) node.failed_revision = *action.failed_revision;
    if (action.claims) {
        if (!node.claims.empty()) violate("I5: " + action.id.name + " is bound to other claims");
        node.claims = *action.claims;
    }
    touch(node.id);
    return true;
}

bool World::act(const DeleteNode& action) {
    done["DeleteNode"]++;
    if (!fits(nodes_, action.id)) return false;
    if (pods_.contains(action.id.name)) violate("a CairnNode goes before its pod");
    nodes_.erase(action.id.name);
    return true;
}

bool World::act(const CreateClaim& action) {
    done["CreateClaim"]++;
    if (claims_.contains(action.name)) return false;
    claims_[action.name] = {.id = {action.name, "claim" + fresh(), fresh()},
                            .node = action.node,
                            .volume = action.volume,
                            .bytes = action.bytes};
    return true;
}

bool World::act(const GrowClaim& action) {
    if (!fits(claims_, action.id)) return false;
    Claim& claim = claims_.at(action.id.name);
    if (action.bytes < claim.bytes) violate("a claim shrinks");
    claim.bytes = action.bytes;
    touch(claim.id);
    return true;
}

bool World::act(const RetireClaim& action) {
    if (!fits(claims_, action.id)) return false;
    claims_.at(action.id.name).retired = true;
    touch(claims_.at(action.id.name).id);
    return true;
}

bool World::act(const DeleteClaim& action) {
    done["DeleteClaim"]++;
    if (!fits(claims_, action.id)) return false;
    const std::string& uid = claims_.at(action.id.name).id.uid;
    if (!deleting && database_.only_on(uid + ";") != 0) violate("I4: claim " + action.id.name + " has a last copy");
    claims_.at(action.id.name).deleting = true;
    touch(claims_.at(action.id.name).id);
    return true;
}

bool World::act(const CreatePod& action) {
    done["CreatePod"]++;
    if (pods_.contains(action.node)) return false;
    const auto node = nodes_.find(action.node);
    if (node == nodes_.end()) {
        violate("a pod without a CairnNode");
        return false;
    }
    for (const auto& [name, pod] : pods_) {
        if (pod.pod.node_id == action.node_id) violate("I5: two pods of node id " + action.node_id);
    }
    for (const auto& [volume, uid] : node->second.claims) {
        const bool there = std::ranges::any_of(
            claims_, [&](const auto& each) { return each.second.id.uid == uid && !each.second.deleting; });
        if (!there) violate("I5: " + action.node + " starts without the claim its id is bound to");
    }
    const std::string disk = disk_of(node->second);
    const auto [bound, first] = bound_.try_emplace(action.node_id, disk);
    if (!first && !bound->second.empty() && bound->second != disk)
        violate("I5: node id " + action.node_id + " on another disk");
    LivePod pod;
    pod.pod.id = {action.node, "pod" + fresh(), fresh()};
    pod.pod.node_id = action.node_id;
    pod.pod.revision = action.revision;
    pod.pod.created = now;
    pods_[action.node] = pod;
    return true;
}

std::string World::rack_of(const LivePod& pod) const {
    const auto node = nodes_.find(pod.pod.id.name);
    if (node != nodes_.end() && node->second.rack != kAutomaticRack) return node->second.rack;
    const auto on = std::ranges::find(machines, pod.pod.host, [](const Machine& each) { return each.host.name; });
    return on == machines.end() ? pod.pod.zone_label : on->host.zone;
}

bool World::act(const DeletePod& action) {
    done["DeletePod"]++;
    if (action.id.uid.empty() || action.id.resource_version.empty()) violate("I8: a delete without preconditions");
    if (!fits(pods_, action.id)) return false;
    LivePod& pod = pods_.at(action.id.name);
    const NodeObject& node = nodes_.at(action.id.name);
    const bool planned = action.reason == StopReason::restart || action.reason == StopReason::leave;
    const bool alone = wish.size == 1 && nodes_.size() == 1;
    if (planned && !alone && !node.force) {
        StopQuestion all;
        for (const Action& each : last_.actions) {
            const auto* other = std::get_if<DeletePod>(&each);
            if (other == nullptr || other->reason == StopReason::dead) continue;
            const auto also = pods_.find(other->id.name);
            if (also == pods_.end()) continue;
            all.push_back(also->second.pod.node_id);
            if (rack_of(also->second) != rack_of(pod)) violate("I2: one plan stops nodes of two racks");
        }
        if (database_.may_stop(all).unavailable != 0)
            violate("I1: " + action.id.name + " stops, and data goes with it");
        for (const auto& [name, since] : stopped_by_us_) {
            const auto other = pods_.find(name);
            const bool patience = now - since <= wish.progress_deadline;
            if (other != pods_.end() && patience && rack_of(other->second) != rack_of(pod) &&
                !rack_of(other->second).empty()) {
                violate("I2: " + name + " of another rack is not back yet, and " + action.id.name + " stops");
            }
        }
        if (action.reason == StopReason::leave && database_.migrations() != 0)
            violate("I3: " + action.id.name + " leaves while data moves");
        for (const auto& [name, live] : pods_) {
            const Machine* on = machine(live.pod.host);
            const bool answers = live.process && live.hidden == 0 && on != nullptr && on->reachable;
            if (live.process && !answers) violate("I10: " + action.id.name + " stops while " + name + " is not heard");
        }
    }
    if (action.reason == StopReason::dead && pod.process)
        violate("I10: " + action.id.name + " is taken for dead, and serves");
    if (planned) stopped_by_us_[action.id.name] = now;
    pod.pod.deleting = true;
    touch(pod.pod.id);
    return true;
}

bool World::act(const LabelPod& action) {
    if (!fits(pods_, action.id)) return false;
    Pod& pod = pods_.at(action.id.name).pod;
    pod.zone_label = action.zone;
    pod.rack_label = action.rack;
    touch(pod.id);
    return true;
}

bool World::act(const OpenGate& action) {
    if (!fits(pods_, action.id)) return false;
    LivePod& pod = pods_.at(action.id.name);
    if (!pod.process || !database_.complete(pod.pod.node_id)) violate("a gate opens before its data is there");
    pod.pod.gate = true;
    touch(pod.pod.id);
    return true;
}

bool World::act(const Quiesce& action) {
    done["Quiesce"]++;
    const auto pod = pods_.find(action.node);
    if (pod == pods_.end() || !pod->second.process) return false;
    database_.quiesce(pod->second.pod.node_id, true);
    return true;
}

bool World::act(const Unquiesce& action) {
    const auto pod = pods_.find(action.node);
    if (pod == pods_.end() || !pod->second.process) return false;
    database_.quiesce(pod->second.pod.node_id, false);
    return true;
}

bool World::act(const Recluster&) {
    database_.recluster();
    return true;
}

bool World::act(const SetBudget& action) {
    budgets_[action.budget.rack] = action.budget.min_available;
    if (wish.budget != api::BudgetKind::dynamic) return true;
    int open = 0;
    for (const auto& [rack, min] : budgets_) {
        const auto pods = std::ranges::count_if(pods_, [&](const auto& p) { return p.second.pod.rack_label == rack; });
        open += min < pods ? 1 : 0;
    }
    const auto pods =
        std::ranges::count_if(pods_, [&](const auto& p) { return p.second.pod.rack_label == action.budget.rack; });
    if (action.budget.min_available < pods && open > 1) violate("I2: the budgets of two racks are open");
    return true;
}

bool World::act(const DeleteBudget& action) {
    budgets_.erase(action.rack);
    return true;
}

}  // namespace cairn::plan
