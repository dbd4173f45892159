#include "node/replication/partition_machine.h"

namespace cairn::replication {

void PartitionMachine::on(const Put& put, Turn& turn) {
    if (!leads()) return answer(turn, put.ticket, Outcome::not_master);
    if (stopping_since_) return answer(turn, put.ticket, Outcome::moving);
    if (open_.size() >= settings_.open_max) return answer(turn, put.ticket, Outcome::overload);
    if (sequence_ >= kSequenceMax) {
        turn.out.push_back(WantView{});
        return answer(turn, put.ticket, Outcome::overload);
    }
    write(put.digest, put.version, put.ticket, put.commit_all, turn);
}

/// Applies and sends. A copy that is about to be added is waited for as those in sync are: the new list may already be
/// promised to the next view.
void PartitionMachine::write(const Digest& digest, Version version, std::optional<Ticket> ticket, bool commit_all,
                             Turn& turn) {
    version.stamp = {cfg_.regime, ++sequence_};
    store_.put(digest, version);
    note_applied(version.stamp, digest, version.kind);
    OpenWrites::Write open{.digest = digest, .version = std::make_shared<const Version>(std::move(version))};
    for (const cluster::Copy& copy : cfg_.insync) {
        if (copy.node != self_) open.insync.push_back(copy.node);
    }
    // Before it is ready nothing is sent: what it is compared with then has this write.
    if (transfer_ && transfer_->purpose() == Purpose::fill && transfer_->ready()) {
        const bool adding = pending_ && pending_->reason == Reason::added;
        (adding ? open.insync : open.filling).push_back(transfer_->other());
    }
    if (ticket && (!commit_all || open.insync.empty() || mutants_.answer_early)) {
        answer(turn, *ticket, Outcome::ok);
        ticket.reset();
    }
    open.ticket = ticket;
    open.back_off = settings_.resend_first;
    open.resend_at = turn.now + open.back_off;
    for (const NodeId node : open.insync) send(turn, node, replica_for(node, digest, open.version));
    for (const NodeId node : open.filling) send(turn, node, replica_for(node, digest, open.version));
    mark_sent_ = mark_;
    if (!open.insync.empty() || !open.filling.empty()) open_.add(sequence_, std::move(open));
}

/// A copy that was filled in this regime may not have heard yet that it is in sync.
Replica PartitionMachine::replica_for(NodeId node, const Digest& digest, const VersionRef& version) const {
    const auto attempt = attempt_of_.find(node);
    return {cfg_.regime, attempt == attempt_of_.end() ? 0 : attempt->second, mark_, digest, version};
}

void PartitionMachine::on(NodeId from, const ReplicaAck& ack, Turn& turn) {
    if (ack.stamp.regime != cfg_.regime || !leads()) return;
    if (transfer_ && transfer_->other() == from) transfer_->heard(turn.now);
    if (const auto ticket = open_.acknowledged(ack.stamp.sequence, from)) answer(turn, *ticket, Outcome::ok);
}

void PartitionMachine::on(NodeId, const Stale& stale, Turn&) {
    if (stale.regime == regime_ && (stale.accepted > view_)) fenced_ = true;
}

/// A copy in sync may have what this master has not, or the other way round, from writes that were never answered. What
/// the master has is repeated; what it has not is deleted.
void PartitionMachine::on(NodeId from, const Unsettled& unsettled, Turn& turn) {
    if (!leads()) return;
    const auto due = reports_due_.find(from);
    if (due != reports_due_.end() && due->second == unsettled.page) {
        for (const Digest& digest : unsettled.digests) {
            const auto stamp = store_.stamp_of(digest);
            if (stamp && stamp->regime >= cluster::regime_of(view_)) continue;  // repeated already, to all
            to_settle_.push_back(digest);
        }
        ++due->second;
        if (unsettled.last) reports_due_.erase(due);
    }
    send(turn, from, UnsettledHeard{unsettled.page});
}

void PartitionMachine::resettle(const Digest& digest, std::optional<Ticket> ticket, Turn& turn) {
    auto version = store_.find(digest);
    if (!version) version = Version{.kind = Kind::deleted};
    ++counters_.resettled;
    write(digest, std::move(*version), ticket, true, turn);
}

/// Up to here every copy in sync has everything: not before what came from older regimes has been repeated.
Stamp PartitionMachine::own_mark() const {
    if (mutants_.settle_early) return last_stamp();
    if (!reports_due_.empty() || !to_settle_.empty() || !carried_.empty()) return mark_;
    return {cfg_.regime, open_.settled(sequence_)};
}

void PartitionMachine::work_on_writes(Turn& turn) {
    for (const auto& [ticket, digest] : std::exchange(carried_, {})) {
        if (ticket.deadline <= turn.now) answer(turn, ticket, Outcome::in_doubt);
        resettle(digest, ticket.deadline <= turn.now ? std::nullopt : std::optional(ticket), turn);
    }
    while (!to_settle_.empty() && open_.size() < settings_.resettle_max) {
        const Digest digest = to_settle_.front();
        to_settle_.pop_front();
        const auto stamp = store_.stamp_of(digest);
        if (!stamp || stamp->regime < cluster::regime_of(view_)) resettle(digest, std::nullopt, turn);
    }
    settle_up_to(own_mark());
    for (const Ticket& ticket : open_.take_expired(turn.now)) answer(turn, ticket, Outcome::in_doubt);
    const auto again = [&](const OpenWrites::Write& open, NodeId to) {
        ++counters_.resent;
        send(turn, to, replica_for(to, open.digest, open.version));
    };
    open_.resend(turn.now, settings_.resend_max, settings_.resend_burst_max, again);
}

}  // namespace cairn::replication
