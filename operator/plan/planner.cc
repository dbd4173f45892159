#include "operator/plan/planner.h"

#include "operator/plan/draft.h"

namespace cairn::plan {
namespace {

/// The order is what matters: what is always right comes first, what was begun is finished before anything begins, and
/// a cure comes before a change.
void plan_running(Draft& draft) {
    const bool valid = draft.seen.spec_mistake.empty();
    if (valid) draft.add(ApplyPassive{});
    repair(draft);
    if (valid) scale_up(draft);
    continue_steps(draft);
    if (valid) {
        start_restarts(draft);
        start_leaving(draft);
        grow_claims(draft);
    }
    if (!draft.seen.complete) return;
    tidy_quiesced(draft);
    set_budgets(draft);
}

}  // namespace

Plan plan(const Observed& seen) {
    const View view(seen);
    Plan plan;
    plan.status = seen.status;
    if (seen.deleting) {
        remove_cluster(view, plan);
    } else if (seen.wish) {
        Draft draft{view, seen, *seen.wish, plan};
        if (seen.wish->paused) {
            plan.waiting_for = "Paused";
        } else if (!seen.has_finalizer) {
            plan.actions.push_back(AddFinalizer{});
            plan.look_again_in = 1;
        } else if (seen.wish->hibernated) {
            draft.add(ApplyPassive{});
            hibernate(draft);
        } else {
            plan_running(draft);
        }
    }
    write_status(view, plan);
    return plan;
}

}  // namespace cairn::plan
