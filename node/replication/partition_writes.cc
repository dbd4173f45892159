#include "node/replication/partition_machine.h"

namespace cairn::replication {

PartitionMachine::Outcome PartitionMachine::may_write() const {
    if (!leads()) return Outcome::not_master;
    if (stopping_since_) return Outcome::moving;
    return open_.size() >= settings_.open_max || sequence_ >= kSequenceMax ? Outcome::overload : Outcome::ok;
}

void PartitionMachine::on(const Put& put, Turn& turn) {
    if (const Outcome refused = may_write(); refused != Outcome::ok) return answer(turn, put.ticket, refused);
    if (!apply(put.digest, put.version)) return answer(turn, put.ticket, Outcome::overload);
    write(put.digest, std::make_shared<Version>(put.version), put.ticket, put.commit_all, turn);
}

void PartitionMachine::on(const Wrote& wrote, Turn& turn) {
    write(wrote.digest, wrote.version, wrote.ticket, wrote.commit_all, turn);
}

/// Sends what was applied. A copy that is about to be added is waited for as those in sync are: the new list may already be
/// promised to the next view.
void PartitionMachine::write(const Digest& digest, std::shared_ptr<Version> version, std::optional<Ticket> ticket,
                             bool commit_all, Turn& turn) {
    version->stamp = {cfg_.regime, ++sequence_};
    note_applied(version->stamp, digest, version->kind);
    OpenWrites::Write open{.digest = digest, .version = std::move(version)};
    for (const cluster::Copy& copy : cfg_.insync) {
        if (copy.node != self_) open.insync.push_back(copy.node);
    }
    // Before it is ready nothing is sent: what it is compared with then has this write.
    if (!calm_ && transfer_ && transfer_->purpose() == Purpose::fill && transfer_->ready()) {
        const bool adding = pending_ && pending_->reason == Reason::added;
        (adding ? open.insync : open.filling).push_back(transfer_->other());
    }
    if (ticket && (!commit_all || open.insync.empty() || mutants_.answer_early)) {
        answer(turn, *ticket, Outcome::ok);
        ticket.reset();
    }
    if (ticket && ticket->since == Instant{}) ticket->since = turn.now;
    open.ticket = ticket;
    open.back_off = settings_.resend_first;
    open.resend_at = turn.now + open.back_off;
    for (const NodeId node : open.insync) send(turn, node, replica_for(node, digest, open.version));
    for (const NodeId node : open.filling) send(turn, node, replica_for(node, digest, open.version));
    mark_sent_ = mark_;
    if (sequence_ == kSequenceMax) turn.out.push_back(WantView{});
    if (!open.insync.empty() || !open.filling.empty()) open_.add(sequence_, std::move(open));
}

/// A copy that was filled in this regime may not have heard yet that it is in sync.
Replica PartitionMachine::replica_for(NodeId node, const Digest& digest, const VersionRef& version) const {
    if (calm_) return {cfg_.regime, 0, mark_, digest, version};  // all have heard
    const auto attempt = attempt_of_.find(node);
    return {cfg_.regime, attempt == attempt_of_.end() ? 0 : attempt->second, mark_, digest, version};
}

void PartitionMachine::on(NodeId from, const ReplicaAck& ack, Duration held, Turn& turn) {
    if (ack.stamp.regime != cfg_.regime || !leads()) return;
    if (!calm_ && transfer_ && transfer_->other() == from) transfer_->heard(turn.now);
    if (const auto ticket = open_.acknowledged(ack.stamp.sequence, from)) answer(turn, *ticket, Outcome::ok, held);
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
            const auto stamp = stamp_of(digest);
            if (stamp && stamp->regime >= cluster::regime_of(view_)) continue;  // repeated already, to all
            to_settle_.push_back(digest);
        }
        ++due->second;
        if (unsettled.last) reports_due_.erase(due);
    }
    send(turn, from, UnsettledHeard{unsettled.page});
}

/// @return  false: the record is being read.
bool PartitionMachine::resettle(const Digest& digest, std::optional<Ticket> ticket, Turn& turn) {
    auto [have, version] = store_.find(digest);
    if (have == RecordStore::Have::later) return false;
    if (have == RecordStore::Have::nothing) version = {.kind = Kind::deleted};
    ++counters_.resettled;
    write(digest, std::make_shared<Version>(std::move(version)), ticket, true, turn);
    return true;
}

/// Up to here every copy in sync has everything: not before what came from older regimes has been repeated.
Stamp PartitionMachine::own_mark() const {
    if (mutants_.settle_early) return last_stamp();
    if (!calm_ && (!reports_due_.empty() || !to_settle_.empty() || !carried_.empty())) return mark_;
    return {cfg_.regime, open_.settled(sequence_)};
}

void PartitionMachine::work_on_writes(Turn& turn) {
    for (const auto& [ticket, digest] : std::exchange(carried_, {})) {
        if (!resettle(digest, ticket, turn)) carried_.emplace_back(ticket, digest);
    }
    while (!calm_ && !to_settle_.empty() && open_.size() < settings_.resettle_max) {
        const Digest digest = to_settle_.front();
        const auto stamp = stamp_of(digest);
        const bool repeated = stamp && stamp->regime >= cluster::regime_of(view_);
        if (!repeated && !resettle(digest, std::nullopt, turn)) break;
        to_settle_.pop_front();
    }
    settle_up_to(own_mark());
    const auto again = [&](const OpenWrites::Write& open, NodeId to) {
        ++counters_.resent;
        send(turn, to, replica_for(to, open.digest, open.version));
    };
    open_.resend(turn.now, settings_.resend_max, settings_.resend_burst_max, again);
}

/// Also while this node may not write, or no view is active.
void PartitionMachine::answer_expired(Turn& turn) {
    for (const Ticket& ticket : open_.take_expired(turn.now)) answer(turn, ticket, Outcome::in_doubt);
    for (auto& [ticket, digest] : carried_) {
        if (!ticket || turn.now < ticket->deadline) continue;
        answer(turn, *ticket, Outcome::in_doubt);
        ticket.reset();
    }
}

}  // namespace cairn::replication
