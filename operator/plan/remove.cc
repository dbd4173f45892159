#include <algorithm>

#include "operator/plan/draft.h"

namespace cairn::plan {

void hibernate(Draft& draft) {
    for (const Budget& budget : draft.seen.budgets) draft.add(DeleteBudget{budget.rack});
    for (const Pod& pod : draft.seen.pods) {
        if (!pod.deleting) draft.add(DeletePod{pod.id, StopReason::hibernate});
    }
}

void remove_cluster(const View& view, Plan& plan) {
    const Observed& seen = view.observed();
    plan.look_again_in = 5;
    if (!seen.complete) return;
    for (const Pod& pod : seen.pods) {
        if (!pod.deleting) plan.actions.push_back(DeletePod{pod.id, StopReason::remove_cluster});
    }
    if (!seen.pods.empty()) {
        plan.waiting_for = "PodStopping";
        return;
    }
    const bool destroy = seen.wish && seen.wish->delete_claims_with_cluster;
    bool claims_left = false;
    for (const Claim& claim : seen.claims) {
        if (claim.retired) continue;
        claims_left = true;
        if (destroy && !claim.deleting) plan.actions.push_back(DeleteClaim{claim.id});
        if (!destroy) plan.actions.push_back(RetireClaim{claim.id});
    }
    if (claims_left) {
        plan.waiting_for = "RemovingClaims";
        return;
    }
    for (const Budget& budget : seen.budgets) plan.actions.push_back(DeleteBudget{budget.rack});
    for (const NodeObject& node : seen.nodes) plan.actions.push_back(DeleteNode{node.id});
    if (seen.nodes.empty() && seen.has_finalizer) plan.actions.push_back(RemoveFinalizer{});
}

}  // namespace cairn::plan
