#include <algorithm>
#include <cstdio>
#include <set>

#include "common/base/split_mix.h"
#include "operator/plan/draft.h"

namespace cairn::plan {
namespace {

int32_t staying_in(const View& view, std::string_view rack) {
    return int32_t(std::ranges::count_if(
        view.members(), [rack](const Member& each) { return each.node->rack == rack && each.staying(); }));
}

/// Whether it would do its work again if it were left alone: nothing of it was taken away.
bool may_stay(const Member& member) {
    return member.node->leaving && !member.unwanted && !member.lost && !member.claims_lost && !member.claims_going &&
           (member.pod == nullptr || !member.pod->deleting);
}

/// Names that nothing has: a claim that was kept keeps its name.
class FreeNames {
public:
    explicit FreeNames(const Observed& seen) : prefix_(seen.cluster.name + "-") {
        for (const NodeObject& node : seen.nodes) taken_.insert(node.id.name);
        for (const Pod& pod : seen.pods) taken_.insert(pod.id.name);
        for (const Claim& claim : seen.claims) taken_.insert(claim.node);
    }
    /// The lowest index of the rack.
    std::pair<std::string, int32_t> take(const std::string& rack) {
        for (int32_t index = 0;; index++) {
            std::string name = prefix_ + rack + "-" + std::to_string(index);
            if (taken_.insert(name).second) return {std::move(name), index};
        }
    }

private:
    const std::string prefix_;
    std::set<std::string> taken_;
};

std::string hex(uint64_t number) {
    char text[17];
    std::snprintf(text, sizeof text, "%llx", static_cast<unsigned long long>(number == 0 ? 1 : number));
    return text;
}

/// What a new node is to run: what is wished, unless that failed or waits for its user; then what most run.
std::string revision_of_new(const Draft& draft, const RackWish& rack) {
    const std::string target = rack.revision.text();
    bool held = draft.wish.strategy != api::UpdateStrategy::rolling;
    held |= draft.wish.canary > 0 && draft.wish.approved != target;
    std::map<std::string, int> runs;
    for (const Member& member : draft.view.members()) {
        if (member.node->rack != rack.name) continue;
        held |= member.node->failed_revision == target;
        if (member.pod != nullptr && member.pod->gate) runs[member.pod->revision]++;
    }
    if (!held || runs.empty()) return target;
    return std::ranges::max_element(runs, {}, [](const auto& each) { return each.second; })->first;
}

}  // namespace

void scale_up(Draft& draft) {
    if (!draft.seen.complete) return;
    FreeNames names(draft.seen);
    uint64_t chance = draft.seen.entropy;
    for (const RackWish& rack : draft.wish.racks) {
        int32_t missing = draft.view.wanted(rack.name) - staying_in(draft.view, rack.name);
        for (const Member& member : draft.view.members()) {
            if (missing <= 0) break;
            if (member.node->rack != rack.name || !may_stay(member)) continue;
            ChangeNode change{.id = member.node->id};
            change.leaving = false;
            draft.add(std::move(change));
            missing--;
        }
        for (; missing > 0; missing--) {
            auto [name, index] = names.take(rack.name);
            draft.add(CreateNode{std::move(name), rack.name, index, hex(next_split_mix(chance)),
                                 revision_of_new(draft, rack)});
        }
    }
}

namespace {

/// Of those that are too many in their rack, who goes: who was never complete, then who stands where most do, then the
/// highest index.
std::vector<const Member*> surplus(const View& view, const RackWish& rack) {
    std::vector<const Member*> staying;
    std::map<std::string, int> crowd;
    for (const Member& member : view.members()) {
        if (member.node->rack != rack.name || !member.staying()) continue;
        staying.push_back(&member);
        crowd[member.rack]++;
    }
    std::vector<const Member*> go;
    int32_t too_many = int32_t(staying.size()) - view.wanted(rack.name);
    for (; too_many > 0; too_many--) {
        const auto next = std::ranges::max_element(staying, {}, [&crowd](const Member* each) {
            return std::tuple(!each->complete(), crowd[each->rack], each->node->index);
        });
        crowd[(*next)->rack]--;
        go.push_back(*next);
        staying.erase(next);
    }
    return go;
}

void mark_leaving(Draft& draft, const Member& member) {
    ChangeNode change{.id = member.node->id};
    change.leaving = true;
    change.restarting = false;
    draft.add(std::move(change));
    draft.stepping = true;
}

/// All that are to stay are there and complete: nobody's copy is waited for.
bool others_complete(const View& view, const std::vector<const Member*>& go) {
    return std::ranges::all_of(view.members(), [&go](const Member& each) {
        return !each.staying() || each.complete() || std::ranges::find(go, &each) != go.end();
    });
}

bool enough_stay(const Draft& draft) {
    const auto& members = draft.view.members();
    const auto stay =
        std::ranges::count_if(members, [](const Member& each) { return each.staying() && each.complete(); });
    return stay >= draft.wish.copies;
}

}  // namespace

void start_leaving(Draft& draft) {
    if (!draft.seen.complete || draft.stepping) return;
    std::vector<const Member*> go;
    for (const Member& member : draft.view.members()) {
        if (!member.staying() && !member.node->leaving) go.push_back(&member);
    }
    // Those first that nobody wants; their successors are there by now, or are made first.
    for (const RackWish& rack : draft.wish.racks) {
        if (staying_in(draft.view, rack.name) < draft.view.wanted(rack.name)) return draft.wait_for("NodesMissing");
        if (go.empty()) go = surplus(draft.view, rack);
    }
    if (go.empty()) return;
    const Member& first = *go.front();
    if (first.dead() && first.node->claims.empty() && first.pod == nullptr && !first.in_view) {
        return mark_leaving(draft, first);  // it never was anything
    }
    if (std::ranges::none_of(draft.view.members(), &Member::up) && first.dead() && !first.node->restarting &&
        draft.seen.status.last_good_revision.empty()) {
        return mark_leaving(draft, first);  // the cluster never served; its claims wait for a server that agrees
    }
    if (!enough_stay(draft) || !others_complete(draft.view, go)) return draft.wait_for("NodesNotReady");
    if (!first.dead() && !budgets_closed(draft)) {
        draft.stepping = true;
        return draft.wait_for("ClosingBudgets");
    }
    if (!first.dead() && draft.view.migrations() != 0) return draft.wait_for("WaitingForMigrations");
    const Safe safe = draft.may_stop({&first}, /*still=*/!first.dead());
    // Of what has one copy, that copy is moved first.
    const bool moved_first = safe == Safe::no && draft.wish.copies == 1 && !first.dead();
    if (safe == Safe::yes || moved_first || (first.node->force && safe == Safe::no)) return mark_leaving(draft, first);
    draft.wait_for(safe == Safe::no ? "UnsafeToStop" : "ServerUnreachable");
}

}  // namespace cairn::plan
