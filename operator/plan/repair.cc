#include <algorithm>

#include "operator/plan/draft.h"

namespace cairn::plan {
namespace {

const Claim* claim_of(const Member& member, const std::string& volume) {
    const auto found = std::ranges::find(member.claims, volume, &Claim::volume);
    return found == member.claims.end() ? nullptr : *found;
}

/// Makes its claims and writes their uids down, before any pod sees them.
/// @return  its id is bound to all of them, and they are there.
bool bind_claims(Draft& draft, const Member& member) {
    if (!member.node->claims.empty()) return !member.claims_lost && !member.claims_going;
    const std::vector<VolumeWish> volumes = draft.view.volumes(member);
    std::map<std::string, std::string> bound;
    for (const VolumeWish& volume : volumes) {
        const Claim* claim = claim_of(member, volume.name);
        if (claim == nullptr) {
            draft.add(
                CreateClaim{volume.name + "-" + member.node->id.name, member.node->id.name, volume.name, volume.bytes});
        } else if (!claim->deleting && !claim->lost) {
            bound[volume.name] = claim->id.uid;
        }
    }
    if (volumes.empty()) return true;
    if (bound.size() == volumes.size()) {
        ChangeNode change{.id = member.node->id};
        change.claims = std::move(bound);
        draft.add(std::move(change));
    }
    return false;
}

void repair_missing_pod(Draft& draft, const Member& member) {
    if (member.node->leaving || !bind_claims(draft, member)) return;
    if (member.node->wish == api::NodeWish::fenced) return;
    // Who asked for updates by deletion gets them by any.
    const Revision* target = draft.view.target(member.node->rack);
    const bool renew = draft.wish.strategy == api::UpdateStrategy::on_delete && target != nullptr &&
                       member.node->failed_revision != target->text();
    if (renew && !draft.view.is_target(member.node->revision, member.node->rack)) {
        ChangeNode change{.id = member.node->id};
        change.previous_revision = member.node->revision;
        change.revision = target->text();
        draft.add(std::move(change));
        return;
    }
    draft.add(CreatePod{member.node->id.name, member.node->node_id, member.node->revision});
}

void label(Draft& draft, const Member& member) {
    const Pod& pod = *member.pod;
    LabelPod change{pod.id, pod.zone_label, pod.rack_label};
    if (pod.zone_label.empty() && member.host != nullptr) change.zone = member.host->zone;
    // A budget that does not count it yet would be open by one.
    if (!member.rack.empty() && budget_covers(draft, member.rack)) change.rack = member.rack;
    if (change.zone != pod.zone_label || change.rack != pod.rack_label) draft.add(std::move(change));
}

void repair_pod(Draft& draft, const Member& member) {
    const Pod& pod = *member.pod;
    if (pod.deleting) return;
    const bool other = pod.revision != member.node->revision || draft.view.restart_asked(member);
    const bool fenced = member.node->wish == api::NodeWish::fenced;
    // A crashing pod of the same wish is left to the kubelet: another one would crash too.
    if (pod.failed || (member.host_gone && member.dead()) ||
        ((other || fenced) && member.broken() && draft.seen.complete)) {
        draft.add(DeletePod{pod.id, StopReason::dead});
        return;
    }
    label(draft, member);
    const bool whole = member.up() && member.server->full && draft.view.known() && pod.running;
    if (whole && !pod.gate) draft.add(OpenGate{pod.id});
}

}  // namespace

void repair(Draft& draft) {
    if (!draft.seen.complete) return;  // a pod that is not seen may be there
    for (const Member& member : draft.view.members()) {
        if (member.pod == nullptr) {
            repair_missing_pod(draft, member);
        } else {
            repair_pod(draft, member);
        }
    }
}

void grow_claims(Draft& draft) {
    for (const Member& member : draft.view.members()) {
        const RackWish* rack = draft.wish.rack(member.node->rack);
        if (rack == nullptr || !member.staying()) continue;
        for (const VolumeWish& volume : rack->volumes) {
            const Claim* claim = claim_of(member, volume.name);
            if (claim != nullptr && !claim->deleting && claim->bytes < volume.bytes) {
                draft.add(GrowClaim{claim->id, volume.bytes});
            }
        }
    }
}

}  // namespace cairn::plan
