#include <algorithm>

#include "operator/plan/draft.h"

namespace cairn::plan {
namespace {

/// What its rack is to run could not be run by some node: nobody else tries it.
bool held_back(const Draft& draft) {
    return std::ranges::any_of(draft.view.members(), [&draft](const Member& each) {
        const Revision* target = draft.view.target(each.node->rack);
        return target != nullptr && each.node->failed_revision == target->text();
    });
}

/// How many more may be changed before the user approves.
int32_t allowed_by_canary(const Draft& draft) {
    if (draft.wish.canary == 0) return draft.wish.size;
    int32_t changed = 0;
    for (const Member& member : draft.view.members()) {
        const Revision* target = draft.view.target(member.node->rack);
        if (target != nullptr && draft.wish.approved == target->text()) return draft.wish.size;
        if (target != nullptr && member.node->revision == target->text()) changed++;
    }
    return std::max(0, draft.wish.canary - changed);
}

void mark_restarting(Draft& draft, const Member& member) {
    const NodeObject& node = *member.node;
    const Revision* target = draft.view.target(node.rack);
    ChangeNode change{.id = node.id};
    change.restarting = true;
    if (!draft.view.is_target(node.revision, node.rack)) {
        change.revision = target->text();
        // What it ran well before is what it can go back to.
        const bool good = member.pod != nullptr && member.pod->gate && member.pod->revision == node.revision;
        if (good || node.previous_revision.empty()) change.previous_revision = node.revision;
    }
    draft.add(std::move(change));
    draft.stepping = true;
}

/// Those that are down already, and are to be something else: nobody loses by it, and it may be their cure.
bool change_the_broken(Draft& draft) {
    bool any = false;
    for (const Member& member : draft.view.members()) {
        const bool down = member.pod == nullptr || member.broken();
        if (!member.staying() || !down || draft.view.is_target(member.node->revision, member.node->rack)) continue;
        mark_restarting(draft, member);
        any = true;
    }
    return any;
}

/// Complete ones of one rack that are to be changed next, at most as many as may be down there.
std::vector<const Member*> next_batch(const Draft& draft, int32_t most) {
    std::map<std::string, std::vector<const Member*>> racks;
    std::map<std::string, int32_t> changed;
    for (const Member& member : draft.view.members()) {
        if (!member.staying()) continue;
        racks[member.rack].push_back(&member);
        if (!draft.view.outdated(member)) changed[member.rack]++;
    }
    std::vector<const Member*> best;
    int32_t best_changed = -1;
    for (auto& [rack, members] : racks) {
        const int64_t at_once = api::count_of(draft.wish.max_unavailable, int64_t(members.size())).value_or(1);
        const auto down = std::ranges::count_if(members, [](const Member* each) { return !each->complete(); });
        const int64_t room = std::min<int64_t>(std::max<int64_t>(at_once, 1) - down, most);
        std::vector<const Member*> batch;
        for (const Member* member : members) {
            if (int64_t(batch.size()) >= room) break;
            if (member->complete() && draft.view.outdated(*member)) batch.push_back(member);
        }
        // A rack that was begun is finished first.
        if (batch.empty() || changed[rack] <= best_changed) continue;
        best = std::move(batch);
        best_changed = changed[rack];
    }
    return best;
}

}  // namespace

void start_restarts(Draft& draft) {
    if (!draft.seen.complete || draft.stepping || held_back(draft)) return;
    const bool rolling = draft.wish.strategy == api::UpdateStrategy::rolling;
    if (!rolling && draft.seen.restarts.empty()) return;
    if (rolling && change_the_broken(draft)) return draft.wait_for("Restarting");
    const int32_t most = rolling ? allowed_by_canary(draft) : draft.wish.size;
    std::vector<const Member*> batch = next_batch(draft, most);
    if (!rolling) {
        std::erase_if(batch, [&draft](const Member* each) { return !draft.view.restart_asked(*each); });
    }
    if (batch.empty()) {
        const bool waits = std::ranges::any_of(
            draft.view.members(), [&draft](const Member& each) { return each.staying() && draft.view.outdated(each); });
        if (waits) draft.wait_for(most == 0 ? "CanaryApproval" : "NodesNotReady");
        return;
    }
    if (!budgets_closed(draft)) {
        draft.stepping = true;
        return draft.wait_for("ClosingBudgets");
    }
    if (!draft.alone()) {
        // Whoever is coming back is waited for; who is dead is the servers' to judge.
        for (const Member& member : draft.view.members()) {
            if (!member.complete() && !member.dead()) return draft.wait_for("NodesNotReady");
        }
        if (draft.view.migrations() != 0) return draft.wait_for("WaitingForMigrations");
        Safe safe = draft.may_stop(batch, /*still=*/true);
        if (safe == Safe::no && batch.size() > 1) {
            batch.resize(1);
            safe = draft.may_stop(batch, /*still=*/true);
        }
        // Of what has one copy, that copy is moved first.
        const bool moved_first = safe == Safe::no && draft.wish.copies == 1 && draft.view.members().size() > 1;
        if (safe != Safe::yes && !moved_first)
            return draft.wait_for(safe == Safe::no ? "UnsafeToStop" : "ServerUnreachable");
    }
    for (const Member* member : batch) mark_restarting(draft, *member);
}

}  // namespace cairn::plan
