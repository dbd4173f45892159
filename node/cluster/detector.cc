#include "node/cluster/detector.h"

#include <algorithm>

namespace cairn::cluster {
namespace {

constexpr size_t kDeadMax = 1024;

}  // namespace

Detector::Effects Detector::pulse(const Pulse& pulse, const std::optional<Member>& current, Instant now) {
    if (pulse.from.id == self_.id) {
        // Ourselves are never heard of; whoever pulses so is a duplicate. In the view, we stay and it goes.
        const bool we_stay = !current || current->boot == self_.boot;
        if (pulse.from.boot == self_.boot || !we_stay) return {};
        return {RefuseDuplicate{pulse.from}};
    }
    if (dead_.contains({pulse.from.id, pulse.from.boot})) return {};  // on its way since before the end
    const auto known = peers_.find(pulse.from.id);
    if (known == peers_.end() && peers_.size() + 1 >= kNodesMax) return {};
    const bool other_process = known != peers_.end() && known->second.pulse.from.boot != pulse.from.boot;
    const bool first_lives = known != peers_.end() && known->second.state == PeerState::alive &&
                             now - known->second.heard_at <= 2 * settings_.interval;
    if (other_process && first_lives) return challenge(pulse, current, now);
    return take(pulse, now);
}

Detector::Effects Detector::take(const Pulse& pulse, Instant now) {
    const NodeId id = pulse.from.id;
    Effects effects;
    const auto known = peers_.find(id);
    const bool is_new = known == peers_.end() || known->second.state != PeerState::alive;
    const bool restarted = known != peers_.end() && known->second.pulse.from.boot != pulse.from.boot;
    if (restarted) {
        effects.push_back(PeerGone{id});
        rivals_.erase(id);
    }
    peers_[id] = {PeerState::alive, pulse, now, false};
    if (is_new || restarted) effects.push_back(PeerChanged{id});
    return effects;
}

/// A second process under the id of one that pulsed just now: a restart that the first one's last pulse overlapped, or
/// a duplicate. It is one when both have pulsed for two intervals.
Detector::Effects Detector::challenge(const Pulse& pulse, const std::optional<Member>& current, Instant now) {
    auto& rival = rivals_[pulse.from.id];
    if (rival.pulse.from != pulse.from) rival = {pulse, now, now};
    rival.pulse = pulse;
    rival.heard_at = now;
    if (!both_live(pulse.from.id, rival)) return {};
    const bool second_is_member = current && current->boot == pulse.from.boot;
    return {RefuseDuplicate{second_is_member ? peers_.at(pulse.from.id).pulse.from : pulse.from}};
}

bool Detector::both_live(NodeId id, const Rival& rival) const {
    return peers_.at(id).heard_at - rival.since > 2 * settings_.interval;
}

Detector::Effects Detector::process_ended(Process which, Instant) {
    if (which == self_) return {};
    if (dead_.size() < kDeadMax) dead_.insert(which);
    const auto known = peers_.find(which.id);
    if (known == peers_.end() || known->second.pulse.from.boot != which.boot || known->second.dead) return {};
    known->second.state = PeerState::suspect;
    known->second.dead = true;
    return {PeerChanged{which.id}};
}

Detector::Effects Detector::tick(Instant now) {
    Effects effects;
    if (ticked_ && now - ticked_at_ > settings_.interval) {  // we slept: the others' pulses wait to be read
        const Duration slept = now - ticked_at_;
        shift_deadlines(slept, now);
        if (slept + 2 * settings_.interval > settings_.patience()) woke_at_ = now;
    }
    if (!ticked_ || now - pulsed_at_ >= settings_.interval) {
        pulsed_at_ = now;
        effects.push_back(SendPulse{});
    }
    ticked_ = true;
    ticked_at_ = now;
    std::erase_if(rivals_, [&](const auto& rival) { return now - rival.second.heard_at > settings_.patience(); });
    std::vector<NodeId> gone;
    for (auto& [id, peer] : peers_) {
        const Duration silence = now - peer.heard_at;
        if (peer.state == PeerState::alive && silence > settings_.patience()) {
            peer.state = PeerState::suspect;
            effects.push_back(PeerChanged{id});
        } else if (peer.state == PeerState::suspect && silence > 10 * settings_.patience()) {
            gone.push_back(id);
        }
    }
    for (const NodeId id : gone) {
        const Process process{id, peers_.at(id).pulse.from.boot};
        peers_.erase(id);
        rivals_.erase(id);
        dead_.erase(process);
        effects.push_back(PeerGone{id});
    }
    return effects;
}

void Detector::shift_deadlines(Duration by, Instant now) {
    for (auto& [id, peer] : peers_) peer.heard_at = std::min(now, peer.heard_at + by);
    for (auto& [id, rival] : rivals_) {
        rival.since = std::min(now, rival.since + by);
        rival.heard_at = std::min(now, rival.heard_at + by);
    }
}

std::vector<Process> Detector::heard() const {
    std::vector<Process> heard;
    for (const auto& [id, peer] : peers_) {
        if (peer.state == PeerState::alive) heard.push_back({id, peer.pulse.from.boot});
    }
    return heard;
}

std::vector<NodeId> Detector::duplicates() const {
    std::vector<NodeId> ids;
    for (const auto& [id, rival] : rivals_) {
        if (both_live(id, rival)) ids.push_back(id);
    }
    return ids;
}

}  // namespace cairn::cluster
