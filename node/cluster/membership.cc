#include "node/cluster/membership.h"
#include "node/cluster/contains.h"

#include <algorithm>

namespace cairn::cluster {
namespace {

Process process_of(const Member& member) { return {member.id, member.boot}; }

std::vector<Process> processes_of(const std::vector<Member>& members) {
    std::vector<Process> processes;
    for (const Member& member : members) processes.push_back(process_of(member));
    return processes;
}

/// Of what may change while the node runs.
bool same_attributes(const NodeReport& one, const NodeReport& other) {
    return one.quiesced == other.quiesced &&
           std::ranges::equal(
               one.namespaces, other.namespaces, {}, [](const auto& said) { return said.second.rack; },
               [](const auto& said) { return said.second.rack; });
}

}  // namespace

Membership::Membership(NodeId id, Boot boot, DurableState durable, MembershipSettings settings,
                       const ViewChangeMutants& mutants)
    : self_{id, boot},
      settings_(std::move(settings)),
      detector_(self_, settings_.detector),
      damper_(settings_.damper),
      view_change_(id, boot, std::move(durable), settings_.view_change, mutants) {}

Membership::Effects Membership::step(const Event& event, Instant now) {
    Effects out;
    if (const auto* arrived = std::get_if<Arrived>(&event)) on(*arrived, now, out);
    if (const auto* ended = std::get_if<ProcessEnded>(&event)) on(*ended, now, out);
    if (const auto* persisted = std::get_if<Persisted>(&event)) {
        add(view_change_.persisted(persisted->number, now), now, out);
    }
    if (std::get_if<Recluster>(&event) != nullptr) {
        recluster_ = true;
        promised_when_asked_ = view_change_.promised();
    }
    if (const auto* tick = std::get_if<Tick>(&event)) on(*tick, now, out);
    return out;
}

void Membership::on(const Arrived& arrived, Instant now, Effects& out) {
    const Message& message = arrived.message;
    if (const auto* pulse = std::get_if<Pulse>(&message)) return hear(arrived.from, *pulse, now, out);
    if (const auto* leaving = std::get_if<Leaving>(&message)) {
        if (leaving->from.id == arrived.from) add(detector_.process_ended(leaving->from, now), now, out);
        return;
    }
    if (const auto* duplicate = std::get_if<Duplicate>(&message)) {
        if (duplicate->which == self_) out.push_back(DuplicateSelf{});
        return;
    }
    const Ballot promised = view_change_.promised();
    if (const auto* gather = std::get_if<Gather>(&message)) {
        if (const auto reason = objection(gather->members, arrived.from, now)) {
            out.push_back(Send{arrived.from, Refuse{gather->number, {}, *reason, promised}});
            return;
        }
    }
    if (const auto* prepare = std::get_if<Prepare>(&message)) {
        if (const auto reason = objection(prepare->view.members, arrived.from, now)) {
            out.push_back(Send{arrived.from, Refuse{0, prepare->view.ballot, *reason, promised}});
            return;
        }
    }
    add(view_change_.receive(arrived.from, message, now), now, out);
}

void Membership::hear(NodeId from, const Pulse& pulse, Instant now, Effects& out) {
    if (pulse.from.id != from) return;
    std::optional<Member> current;
    if (const auto active = view_change_.active()) {
        if (const Member* const member = active->view.find(from)) current = *member;
    }
    const auto known = detector_.peers().find(from);
    graph_changed_ = graph_changed_ || known == detector_.peers().end() || known->second.pulse != pulse;
    add(detector_.pulse(pulse, current, now), now, out);
    // A member of our view that went on to a later one has left ours: we would be in it, had we accepted it.
    const bool left = current && process_of(*current) == process_of(pulse.from) && from != self_.id &&
                      pulse.view > view_change_.accepted().ballot;
    if (!left) return;
    view_change_.leave_view();
    graph_changed_ = true;
    out.push_back(ViewLost{});
}

void Membership::on(const ProcessEnded& ended, Instant now, Effects& out) {
    graph_changed_ = true;
    add(detector_.process_ended(ended.which, now), now, out);
}

void Membership::add(Detector::Effects effects, Instant, Effects& out) {
    for (const auto& effect : effects) {
        graph_changed_ = graph_changed_ || !std::holds_alternative<Detector::SendPulse>(effect);
        if (std::get_if<Detector::SendPulse>(&effect) != nullptr) out.push_back(Broadcast{own_pulse()});
        if (const auto* changed = std::get_if<Detector::PeerChanged>(&effect)) out.push_back(PeerChanged{changed->id});
        if (const auto* gone = std::get_if<Detector::PeerGone>(&effect)) out.push_back(PeerChanged{gone->id});
        if (const auto* refused = std::get_if<Detector::RefuseDuplicate>(&effect)) {
            out.push_back(Send{refused->which.id, Duplicate{{refused->which.id, refused->which.boot}}});
        }
    }
}

void Membership::add(ViewChange::Effects effects, Instant now, Effects& out) {
    for (auto& effect : effects) {
        if (const auto* failure = std::get_if<ViewChange::ProposalFailed>(&effect)) {
            failed(*failure, now);
            continue;
        }
        graph_changed_ = graph_changed_ || std::holds_alternative<ViewAccepted>(effect);
        if (const auto* active = std::get_if<ViewActive>(&effect)) became_active(*active->formed, now);
        std::visit(
            [&](auto& known) {
                using Kind = std::remove_cvref_t<decltype(known)>;
                if constexpr (!std::is_same_v<Kind, ViewChange::ProposalFailed>) out.push_back(std::move(known));
            },
            effect);
    }
}

void Membership::failed(const ViewChange::ProposalFailed& failure, Instant now) {
    graph_changed_ = true;
    for (const Member& member : failure.silent) {
        const auto peer = detector_.peers().find(member.id);
        const bool overtaken = peer != detector_.peers().end() && peer->second.pulse.promised > failure.ballot;
        if (!overtaken) damper_.expelled(process_of(member), now);
    }
    const bool waits = failure.refused == Refuse::Reason::healthy || failure.refused == Refuse::Reason::on_hold;
    if (!waits) return;
    back_off_ = std::clamp(back_off_ * 2, settings_.damper.gain_quiet, settings_.damper.hold_most / 4);
    refused_until_ = now + back_off_;
}

void Membership::became_active(const Formed& formed, Instant now) {
    graph_changed_ = true;
    const auto members = processes_of(formed.view.members);
    for (const Process process : last_view_) {
        const bool stays = formed.view.find(process.id) != nullptr;  // perhaps as a new process
        if (!stays && !detector_.is_dead(process)) damper_.expelled(process, now);
    }
    last_view_ = members;
    back_off_ = {};
    refused_until_ = {};
    // What changed after this node had promised is not in this view yet.
    const auto own = formed.reports.find(self_.id);
    const bool changed = own != formed.reports.end() && !same_attributes(*own->second, view_change_.report());
    recluster_ = recluster_ && (changed || formed.view.ballot <= promised_when_asked_);
}

Pulse Membership::own_pulse() const {
    Pulse pulse{.from = view_change_.self(), .promised = view_change_.promised(), .heard = detector_.heard()};
    pulse.wants_view = recluster_;
    if (const auto active = view_change_.active()) {
        pulse.view = active->view.ballot;
        for (const Member& member : active->view.members) pulse.members.push_back(member.id);
    }
    return pulse;
}

HearingGraph Membership::graph() const {
    HearingGraph graph;
    graph.add(self_, detector_.heard());
    for (const auto& [id, peer] : detector_.peers()) {
        if (peer.state == PeerState::alive) graph.add(process_of(peer.pulse.from), peer.pulse.heard);
    }
    return graph;
}

/// The view whose members are preferred: our own, or for who has none, the latest of those that hear it.
std::set<NodeId> Membership::reference_view() const {
    std::set<NodeId> members;
    if (const auto active = view_change_.active()) {
        for (const Member& member : active->view.members) members.insert(member.id);
        return members;
    }
    Ballot latest;
    for (const auto& [id, peer] : detector_.peers()) {
        const bool hears_us = contains(peer.pulse.heard, self_);
        if (peer.state != PeerState::alive || !hears_us || peer.pulse.view <= latest) continue;
        latest = peer.pulse.view;
        members = {peer.pulse.members.begin(), peer.pulse.members.end()};
    }
    return members;
}

std::vector<Process> Membership::present() const {
    const auto active = view_change_.active();
    return active ? processes_of(active->view.members) : std::vector<Process>();
}

void Membership::choose(Instant now) {
    const bool held = damper_.any_on_hold(now);
    if (!graph_changed_ && !held) return;
    graph_changed_ = held;  // once more when the hold is over
    const auto excluded = [&](Process process) {
        if (process == self_) return false;
        if (detector_.is_dead(process)) return true;
        return damper_.on_hold(process, now);
    };
    const auto members = present();
    candidates_ =
        choose_candidates(graph(), {settings_.roster, reference_view(), {members.begin(), members.end()}, excluded});
}

std::optional<Refuse::Reason> Membership::objection(const std::vector<Member>& members, NodeId proposer,
                                                    Instant now) const {
    const auto proposed = processes_of(members);
    const auto view = present();
    for (const Process process : proposed) {
        const bool held = damper_.on_hold(process, now) && !contains(view, process);
        if (process != self_ && held) return Refuse::Reason::on_hold;
    }
    const bool from_within =
        std::ranges::any_of(proposed, [&](Process p) { return p.id == proposer && contains(view, p); });
    if (from_within) return std::nullopt;
    const auto heard = graph();
    const bool breaks = std::ranges::any_of(view, [&](Process member) {
        return member != self_ && !contains(proposed, member) && !detector_.is_dead(member) &&
               heard.edge(self_, member);
    });
    return breaks ? std::optional(Refuse::Reason::healthy) : std::nullopt;
}

/// Somebody it was made for is not there any more.
bool Membership::proposal_is_hopeless() const {
    return std::ranges::any_of(view_change_.proposed(), [&](const Member& member) {
        if (process_of(member) == self_) return false;
        const auto peer = detector_.peers().find(member.id);
        return peer == detector_.peers().end() || peer->second.state != PeerState::alive ||
               process_of(peer->second.pulse.from) != process_of(member);
    });
}

/// It slept, and members seem to be cut off: perhaps they have gone on without this node, and it hears of that next.
bool Membership::may_have_been_left(Instant now) const {
    return detector_.just_woke(now) && std::ranges::any_of(present(), [&](Process member) {
               return !contains(candidates_, member) && !detector_.is_dead(member);
           });
}

/// The view does not hold together: a promise stands in its way, or a member is not in it.
bool Membership::stuck() const {
    const auto active = view_change_.active();
    if (!active) return true;
    if (view_change_.frozen()) return true;
    return std::ranges::any_of(active->view.members, [&](const Member& member) {
        const auto peer = detector_.peers().find(member.id);
        if (member.id == self_.id || peer == detector_.peers().end()) return false;
        const Pulse& pulse = peer->second.pulse;
        return pulse.promised > active->view.ballot || pulse.view != active->view.ballot;
    });
}

/// A member of the active view wants a new one, and has not been in it yet.
bool Membership::asked_by_member() const {
    const auto active = view_change_.active();
    if (!active) return false;
    return std::ranges::any_of(active->view.members, [&](const Member& member) {
        const auto peer = detector_.peers().find(member.id);
        if (peer == detector_.peers().end() || peer->second.state != PeerState::alive) return false;
        const Pulse& pulse = peer->second.pulse;
        return pulse.from == member && pulse.wants_view && pulse.view == active->view.ballot;
    });
}

Ballot Membership::highest_heard() const {
    Ballot highest = view_change_.promised();
    for (const auto& [id, peer] : detector_.peers()) highest = std::max(highest, peer.pulse.promised);
    return highest;
}

void Membership::on(const Tick&, Instant now, Effects& out) {
    if (!started_at_) started_at_ = now;
    if (seeds_pending_) seeds_pending_at_ = now;
    add(detector_.tick(now), now, out);
    add(view_change_.tick(now), now, out);
    choose(now);
    propose_when_due(now, out);
}

void Membership::propose_when_due(Instant now, Effects& out) {
    if (view_change_.proposing()) {
        if (!proposal_is_hopeless()) return;
        view_change_.abandon();
        damper_.member_died();
    }
    const Duration patience = settings_.detector.patience();
    if (!stuck()) stuck_since_.reset();
    if (stuck() && !stuck_since_) stuck_since_ = now;
    const bool due = damper_.ready(present(), candidates_, now);
    const bool mend = stuck_since_ && now - *stuck_since_ > 2 * patience;
    // Who has lost its view is in none that could be made anew: it waits for the others.
    const bool asked = view_change_.active() && recluster_;
    const bool wanted = due || mend || asked || asked_by_member();
    if (!wanted || !contains(candidates_, self_) || may_have_been_left(now)) {
        wanted_since_.reset();
        return;
    }
    if (!wanted_since_ || wanted_promised_ != view_change_.promised()) {
        wanted_since_ = now;
        wanted_promised_ = view_change_.promised();
    }
    if (last_view_.empty() && seeds_pending_at_) {
        const bool waits = seeds_pending_ ? now - *started_at_ < settings_.damper.gain_most
                                          : now - *seeds_pending_at_ < settings_.damper.gain_quiet;
        if (waits) return;
    }
    // The highest id proposes; when it does not act, the next.
    const auto above = std::ranges::count_if(candidates_, [&](Process p) { return p.id > self_.id; });
    if (now - *wanted_since_ < above * 2 * patience || now < refused_until_) return;

    std::vector<Member> members;
    for (const Process process : candidates_) {
        if (process == self_) {
            members.push_back(view_change_.self());
        } else if (const auto peer = detector_.peers().find(process.id); peer != detector_.peers().end()) {
            members.push_back(peer->second.pulse.from);
        }
    }
    if (processes_of(members) != candidates_) return;  // one of them we know from hearsay only
    damper_.proposed(now);
    stuck_since_.reset();
    wanted_since_.reset();
    add(view_change_.propose(std::move(members), highest_heard(), now), now, out);
}

}  // namespace cairn::cluster
