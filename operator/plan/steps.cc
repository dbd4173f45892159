#include <algorithm>

#include "operator/plan/draft.h"

namespace cairn::plan {
namespace {

std::vector<const Member*> alive_of(const std::vector<const Member*>& members) {
    std::vector<const Member*> alive;
    for (const Member* each : members) {
        if (!each->dead()) alive.push_back(each);
    }
    return alive;
}

/// Those in the rack of the first; those come first that are quiesced already.
std::vector<const Member*> of_one_rack(std::vector<const Member*> members) {
    if (members.empty()) return members;
    std::ranges::sort(members, {}, [](const Member* each) {
        return std::pair(!(each->up() && each->server->to_be_quiesced), each->node->id.name);
    });
    std::erase_if(members, [first = members.front()](const Member* each) { return each->rack != first->rack; });
    return members;
}

/// Takes masters away from all of them, as one change of the view.
/// @return  they are quiesced, and master of nothing.
bool quiesce_all(Draft& draft, const std::vector<const Member*>& members) {
    bool asked = false;
    bool done = true;
    for (const Member* member : members) {
        if (!member->server->to_be_quiesced) {
            draft.add(Quiesce{member->node->id.name});
            asked = true;
        }
        done &= member->server->quiesced && member->server->masters == 0;
    }
    const bool pending = std::ranges::any_of(members, [](const Member* each) { return !each->server->quiesced; });
    if (asked || pending) draft.add(Recluster{});
    return done && !asked;
}

const char* reason_of(Safe safe) { return safe == Safe::no ? "UnsafeToStop" : "ServerUnreachable"; }

// --- restarts

void roll_back(Draft& draft, const Member& member) {
    ChangeNode change{.id = member.node->id};
    change.failed_revision = member.node->revision;
    change.revision = member.node->previous_revision;
    change.restarting = true;  // with a time of its own
    draft.add(std::move(change));
}

void end_restart(Draft& draft, const Member& member) {
    ChangeNode change{.id = member.node->id};
    change.restarting = false;
    draft.add(std::move(change));
}

/// A restart that has ended, or is to be another one.
/// @return  nothing is left to do in this round.
bool settle_restart(Draft& draft, const Member& member) {
    const NodeObject& node = *member.node;
    const bool same =
        member.pod != nullptr && member.pod->revision == node.revision && !draft.view.restart_asked(member);
    const Revision* target = draft.view.target(node.rack);
    const bool late = draft.seen.now - node.step_since > draft.wish.progress_deadline;
    if ((same && member.complete()) || !member.staying()) {
        end_restart(draft, member);
        return true;
    }
    const bool moved_on =
        target != nullptr && !draft.view.is_target(node.revision, node.rack) && node.failed_revision != target->text();
    if (moved_on && draft.wish.strategy != api::UpdateStrategy::paused) {
        ChangeNode change{.id = node.id};
        change.revision = target->text();
        change.restarting = true;  // with a time of its own
        draft.add(std::move(change));
        return true;
    }
    const bool other = !node.previous_revision.empty() && node.previous_revision != node.revision;
    if (same && late && draft.wish.auto_rollback && other && node.failed_revision != node.revision) {
        roll_back(draft, member);
        return true;
    }
    if (same && late) end_restart(draft, member);  // a broken node, which nothing else waits for
    return same || member.pod == nullptr || member.pod->deleting;
}

bool another_rack_restarts(const Draft& draft, const std::vector<const Member*>& restarting, const std::string& rack) {
    return std::ranges::any_of(restarting, [&](const Member* each) {
        const bool late = draft.seen.now - each->node->step_since > draft.wish.progress_deadline;
        return each->rack != rack && !each->complete() && !late;
    });
}

/// How many of these may be down, beside those of their rack that are on their way back.
size_t room_in(const Draft& draft, const std::vector<const Member*>& restarting,
               const std::vector<const Member*>& stop) {
    const std::string& rack = stop.front()->rack;
    const auto in_rack = [&rack](const Member* each) { return each->rack == rack; };
    const auto away = std::ranges::count_if(restarting, [&](const Member* each) {
        return in_rack(each) && !each->complete() && std::ranges::find(stop, each) == stop.end();
    });
    const auto all = std::ranges::count_if(draft.view.members(), [&](const Member& each) { return in_rack(&each); });
    const int64_t most = std::max<int64_t>(1, api::count_of(draft.wish.max_unavailable, all).value_or(1));
    return size_t(std::max<int64_t>(0, most - away));
}

void continue_restarts(Draft& draft, const std::vector<const Member*>& restarting) {
    std::vector<const Member*> to_stop;
    for (const Member* member : restarting) {
        if (!settle_restart(draft, *member)) to_stop.push_back(member);
    }
    to_stop = of_one_rack(alive_of(to_stop));
    draft.wait_for("Restarting");
    if (to_stop.empty() || !draft.seen.complete) return;
    if (std::ranges::any_of(to_stop, [](const Member* each) { return !each->up(); })) {
        return draft.wait_for("ServerUnreachable");
    }
    if (another_rack_restarts(draft, restarting, to_stop.front()->rack)) return draft.wait_for("NodesNotReady");
    if (!budgets_closed(draft)) return draft.wait_for("ClosingBudgets");
    const size_t room = room_in(draft, restarting, to_stop);
    if (room == 0) return draft.wait_for("NodesNotReady");
    if (to_stop.size() > room) to_stop.resize(room);
    if (!draft.alone()) {
        if (!draft.view.known()) return draft.wait_for("ServerUnreachable");
        if (to_stop.size() > 1 && draft.may_stop(to_stop, /*still=*/false) != Safe::yes) to_stop.resize(1);
        // With one copy of everything, this is what moves it to somebody else.
        if (!quiesce_all(draft, to_stop)) return draft.wait_for("Quiescing");
        // Those of the batch that are down already are down with them.
        const Safe safe = draft.may_stop(to_stop, /*still=*/false);
        if (safe != Safe::yes) return draft.wait_for(reason_of(safe));
    }
    for (const Member* member : to_stop) draft.add(DeletePod{member->pod->id, StopReason::restart});
}

// --- leaving

void remove_claims(Draft& draft, const Member& member) {
    for (const Claim* claim : member.claims) {
        if (claim->deleting) continue;
        if (draft.wish.delete_claims_of_removed) {
            draft.add(DeleteClaim{claim->id});
        } else {
            draft.add(RetireClaim{claim->id});
        }
    }
}

void finish_leaving(Draft& draft, const Member& member) {
    if (!member.claims.empty()) {
        if (draft.wish.delete_claims_of_removed) {
            const Safe safe = draft.may_stop({&member}, /*still=*/false);
            if (safe != Safe::yes) return draft.wait_for(reason_of(safe));
            if (draft.view.migrations() != 0) return draft.wait_for("WaitingForMigrations");
        }
        remove_claims(draft, member);
        return draft.wait_for("RemovingClaims");
    }
    draft.add(Forget{member.node->id.name, member.node->node_id});
    draft.add(DeleteNode{member.node->id});
}

void continue_leaving(Draft& draft, const Member& member) {
    if (member.pod == nullptr) return finish_leaving(draft, member);
    if (member.pod->deleting) return draft.wait_for("PodStopping");
    if (member.dead()) {
        draft.add(DeletePod{member.pod->id, StopReason::dead});
        return;
    }
    if (!member.up() && member.broken()) {
        draft.add(DeletePod{member.pod->id, StopReason::dead});
        return;
    }
    if (!member.up()) return draft.wait_for("ServerUnreachable");
    if (!budgets_closed(draft)) return draft.wait_for("ClosingBudgets");
    if (!draft.view.known()) return draft.wait_for("ServerUnreachable");
    const bool quiet = quiesce_all(draft, {&member});
    const Safe safe = draft.may_stop({&member}, /*still=*/false);
    const bool forced = safe == Safe::no && member.node->force;
    if (!quiet && !forced) return draft.wait_for("Quiescing");
    if (draft.view.migrations() != 0 && !forced) return draft.wait_for("WaitingForMigrations");
    if (safe != Safe::yes && !forced) return draft.wait_for(reason_of(safe));
    draft.add(DeletePod{member.pod->id, StopReason::leave});
}

}  // namespace

void continue_steps(Draft& draft) {
    if (!draft.seen.complete) return;
    std::vector<const Member*> restarting;
    const Member* leaving = nullptr;
    for (const Member& member : draft.view.members()) {
        if (member.node->leaving) {
            // One after another; who is gone already does not stand in the way of who is not.
            if (leaving == nullptr || (leaving->pod != nullptr && member.pod == nullptr)) leaving = &member;
        } else if (member.node->restarting) {
            restarting.push_back(&member);
        }
    }
    if (restarting.empty() && leaving == nullptr) return;
    draft.stepping = true;
    if (!restarting.empty()) return continue_restarts(draft, restarting);
    continue_leaving(draft, *leaving);
}

void tidy_quiesced(Draft& draft) {
    bool changed = false;
    bool pending = false;
    for (const Member& member : draft.view.members()) {
        if (!member.up()) continue;
        const bool wished = member.node->wish == api::NodeWish::quiesced;
        const bool reason = member.node->leaving || member.node->restarting || wished;
        pending |= member.server->to_be_quiesced != member.server->quiesced;
        if (!reason && (member.server->to_be_quiesced || member.server->quiesced)) {
            if (member.server->to_be_quiesced) draft.add(Unquiesce{member.node->id.name});
            changed = true;
        } else if (wished && !member.server->to_be_quiesced && !draft.stepping && !changed) {
            const Safe safe = draft.may_stop({&member}, /*still=*/false);
            if (safe != Safe::yes) {
                draft.wait_for(reason_of(safe));
                continue;
            }
            draft.add(Quiesce{member.node->id.name});
            changed = true;
        }
    }
    if (changed || (pending && !draft.stepping)) draft.add(Recluster{});
}

}  // namespace cairn::plan
