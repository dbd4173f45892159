#pragma once
#include <string>

#include "operator/plan/view.h"

namespace cairn::plan {

/// A plan that is being made. The concerns (repair, scale, steps ...) add to it one after another.
struct Draft {
    const View& view;
    const Observed& seen;
    const Wish& wish;
    Plan& plan;
    /// A planned stop is under way, or begins now: nothing else of that kind does, and all budgets are closed.
    bool stepping = false;

    void add(Action action) { plan.actions.push_back(std::move(action)); }
    /// Says what is waited for, unless something before it does.
    void wait_for(std::string_view reason) {
        if (plan.waiting_for.empty()) plan.waiting_for = reason;
        plan.look_again_in = 5;
    }
    Safe may_stop(const std::vector<const Member*>& nodes, bool still) {
        return view.may_stop(nodes, still, plan.questions);
    }
    /// Nothing else to take over, and none would ever be: a change is what its user wants.
    bool alone() const { return wish.size == 1 && view.members().size() == 1; }
};

/// What is always right: claims and pods that are missing, labels, gates, pods that serve nothing and are to be others.
void repair(Draft& draft);
/// New nodes, and nodes that are to leave no more.
void scale_up(Draft& draft);
/// Goes on with what was begun: restarts, and nodes that leave.
void continue_steps(Draft& draft);
/// Begins to change the pods that are not what they are to be, in one rack.
void start_restarts(Draft& draft);
/// Begins to drain nodes that are too many or not wanted.
void start_leaving(Draft& draft);
/// Servers that are quiesced without a reason, and those whose user wants it.
void tidy_quiesced(Draft& draft);
/// Volumes that are to be larger.
void grow_claims(Draft& draft);
/// The disruption budgets: closed but for one rack, and that only while all is well.
void set_budgets(Draft& draft);
/// Whether all budgets are closed; @see set_budgets
bool budgets_closed(const Draft& draft);
/// Whether the budget of this rack already counts all that stand in it, those whose label is missing, too.
bool budget_covers(const Draft& draft, const std::string& rack);

/// Pods gone, claims and objects kept.
void hibernate(Draft& draft);
/// The cluster itself is to go. Needs no wish: without one, claims are kept.
void remove_cluster(const View& view, Plan& plan);

/// Conditions, counts, phase.
void write_status(const View& view, Plan& plan);

}  // namespace cairn::plan
