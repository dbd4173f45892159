#include <algorithm>

#include "operator/plan/draft.h"

namespace cairn::plan {
namespace {

/// Pods by the rack that their label names or is to name: what a budget selects, soon.
std::map<std::string, std::vector<const Member*>> racks_of(const View& view) {
    std::map<std::string, std::vector<const Member*>> racks;
    for (const Member& member : view.members()) {
        if (member.pod == nullptr) continue;
        const std::string& rack = member.rack.empty() ? member.pod->rack_label : member.rack;
        if (!rack.empty()) racks[rack].push_back(&member);
    }
    return racks;
}

const Budget* budget_of(const Observed& seen, const std::string& rack) {
    const auto found = std::ranges::find(seen.budgets, rack, &Budget::rack);
    return found == seen.budgets.end() ? nullptr : &*found;
}

bool is_closed(const Observed& seen, const std::string& rack, size_t pods) {
    const Budget* budget = budget_of(seen, rack);
    return budget != nullptr && budget->min_available >= int32_t(pods);
}

/// Pods that must stay in an open rack; all of them when none may go.
int32_t least(Draft& draft, const std::vector<const Member*>& pods) {
    if (draft.may_stop(pods, /*still=*/true) == Safe::yes) return 0;
    bool each = true;  // all are asked about at once
    for (const Member* pod : pods) each &= draft.may_stop({pod}, /*still=*/true) == Safe::yes;
    return int32_t(pods.size()) - (each ? 1 : 0);
}

/// Which rack may be open: one that is being drained, else the one that is, else the first.
std::string rack_to_open(const Draft& draft, const std::map<std::string, std::vector<const Member*>>& racks) {
    std::string open;
    for (const auto& [rack, members] : racks) {
        const bool drained = std::ranges::any_of(
            members, [](const Member* each) { return each->host != nullptr && each->host->cordoned; });
        if (drained) return rack;
        if (!is_closed(draft.seen, rack, members.size()) && open.empty()) open = rack;
    }
    return open.empty() && !racks.empty() ? racks.begin()->first : open;
}

}  // namespace

bool budgets_closed(const Draft& draft) {
    if (draft.wish.budget != api::BudgetKind::dynamic) return true;
    for (const auto& [rack, members] : racks_of(draft.view)) {
        if (!is_closed(draft.seen, rack, members.size())) return false;
    }
    return true;
}

bool budget_covers(const Draft& draft, const std::string& rack) {
    if (draft.wish.budget != api::BudgetKind::dynamic) return true;
    return is_closed(draft.seen, rack, racks_of(draft.view)[rack].size());
}

void set_budgets(Draft& draft) {
    const auto racks = racks_of(draft.view);
    for (const Budget& budget : draft.seen.budgets) {
        if (!racks.contains(budget.rack) || draft.wish.budget == api::BudgetKind::none)
            draft.add(DeleteBudget{budget.rack});
    }
    if (draft.wish.budget == api::BudgetKind::none) return;
    const bool calm = !draft.stepping && draft.view.known() && draft.view.migrations() == 0 &&
                      std::ranges::all_of(draft.view.members(), &Member::complete);
    const std::string open = rack_to_open(draft, racks);
    bool others_closed = true;
    std::optional<Budget> opening;
    for (const auto& [rack, members] : racks) {
        const int32_t all = int32_t(members.size());
        int32_t min = all;
        if (draft.wish.budget == api::BudgetKind::fixed) {
            const int64_t gone = api::count_of(draft.wish.max_unavailable, all).value_or(1);
            min = std::max<int32_t>(0, all - int32_t(std::min<int64_t>(gone, all)));
        } else if (rack == open && calm) {
            min = least(draft, members);
        }
        if (rack != open) others_closed &= is_closed(draft.seen, rack, members.size());
        const Budget* now = budget_of(draft.seen, rack);
        if (now != nullptr && now->min_available == min) continue;
        if (draft.wish.budget == api::BudgetKind::dynamic && min < all &&
            (now == nullptr || now->min_available > min)) {
            opening = Budget{rack, min};
            // Until it is open it is to be closed.
            if (now == nullptr) draft.add(SetBudget{{rack, all}});
        } else {
            draft.add(SetBudget{{rack, min}});
        }
    }
    // The others are closed before one is opened.
    if (opening && others_closed) draft.add(SetBudget{*opening});
}

}  // namespace cairn::plan
