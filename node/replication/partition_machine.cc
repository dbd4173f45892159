#include "node/replication/partition_machine.h"

#include <algorithm>

#include "common/base/check.h"
#include "node/cluster/contains.h"

namespace cairn::replication {

using cluster::Availability;
using cluster::contains;

PartitionMachine::PartitionMachine(NodeId self, RecordStore& store, const ReplicationSettings& settings,
                                   const ReplicationMutants& mutants, TransferSlots* slots)
    : self_(self), store_(store), mutants_(mutants), settings_(settings), slots_(slots) {}

namespace {

/// Writes and what is said of them change nothing of who has copies.
bool leaves_calm(const PartitionMachine::Event& event) {
    const auto* const arrived = std::get_if<PartitionMachine::Arrived>(&event);
    if (arrived != nullptr) {
        return std::holds_alternative<Replica>(arrived->message) ||
               std::holds_alternative<ReplicaAck>(arrived->message) ||
               std::holds_alternative<Settled>(arrived->message);
    }
    return std::holds_alternative<PartitionMachine::Wrote>(event) ||
           std::holds_alternative<PartitionMachine::Put>(event) ||
           std::holds_alternative<PartitionMachine::Tick>(event);
}

}  // namespace

PartitionMachine::Effects PartitionMachine::step(std::span<const Event> events, Instant now) {
    Effects out;
    out.reserve(2);
    Turn turn{now, out};
    for (const Event& event : events) {
        calm_ = calm_ && leaves_calm(event);
        std::visit([&](const auto& known) { on(known, turn); }, event);
    }
    if (leads()) {
        work_on_writes(turn);
        work_on_changes(turn);
        settle_up_to(own_mark());
    } else if (active_ && !calm_) {
        work_as_copy(turn);
    }
    answer_expired(turn);
    calm_ = calm_ || nothing_but_writes();
    rests_ = nothing_to_do();
    return out;
}

void PartitionMachine::prefetch() const {
    constexpr size_t kLine = 64;
    const auto* const from = reinterpret_cast<const char*>(this);
    const auto* const to = reinterpret_cast<const char*>(&pending_);
    for (const char* at = from; at < to; at += kLine) __builtin_prefetch(at);
}

bool PartitionMachine::nothing_but_writes() const {
    if (!active_ || pending_ || !carried_.empty() || migrating()) return false;
    return leads() ? done() : in_sync(self_) && !report_ && fetches_.empty();
}

bool PartitionMachine::nothing_to_do() const {
    if (!open_.empty() || !carried_.empty()) return false;
    if (!calm_ && pending_) return true;  // the answer wakes it
    if (!leads()) return calm_ || (!report_ && !handing_over_ && fetches_.empty());
    if (mark_sent_ < mark_ || mark_repeats_ > 0) return false;
    const auto knows = [&](NodeId node) { return told_.contains(node); };
    return calm_ || (waits_for_slot_ && std::ranges::all_of(listeners(), knows));
}

PartitionMachine::Role PartitionMachine::role() const {
    if (!active_ || plan_.state != Availability::serving) return Role::none;
    if (leads()) return Role::master;
    return in_sync(self_) && cfg_.master != self_ ? Role::replica : Role::other;
}

bool PartitionMachine::leads() const {
    return active_ && plan_.state == Availability::serving && cfg_.master == self_ && regime_ == cfg_.regime &&
           !fenced_;
}

bool PartitionMachine::is_target(NodeId node) const { return contains(plan_.targets, node); }

std::optional<Stamp> PartitionMachine::stamp_of(const Digest& digest) const {
    const auto found = stamps_.find(digest);
    return found == stamps_.end() ? std::nullopt : std::optional(found->second);
}

void PartitionMachine::note_applied(Stamp stamp, const Digest& digest, Kind kind) {
    if (!stamp.regime) return;  // settled already, where it came from
    stamps_[digest] = stamp;
    if (stamp > mark_) unsettled_[stamp] = digest;
    if (kind == Kind::deleted) deletes_[stamp] = digest;
}

/// Inside one attempt to fill this copy, and while a copy of another line is merged, late messages are told by stamps
/// even of what is settled.
bool PartitionMachine::keeps_stamps() const {
    const auto merged = [&](NodeId node) { return contains(merged_, node); };
    return !in_sync(self_) || divergent_ || !std::ranges::all_of(plan_.merge, merged);
}

/// What the mark has passed is on every copy in sync, and no message about it counts any more.
void PartitionMachine::settle_up_to(Stamp mark) {
    mark_ = std::max(mark_, mark);
    if (unsettled_.empty() && deletes_.empty()) return;
    const auto settled = unsettled_.upper_bound(mark_);
    if (!keeps_stamps()) {
        for (auto at = unsettled_.begin(); at != settled; ++at) {
            const auto known = stamps_.find(at->second);
            if (known != stamps_.end() && known->second == at->first) stamps_.erase(known);
        }
        deletes_.erase(deletes_.begin(), deletes_.upper_bound(mark_));
    }
    unsettled_.erase(unsettled_.begin(), settled);
}

void PartitionMachine::prune_stamps() {
    if (keeps_stamps()) return;
    std::erase_if(stamps_, [&](const auto& known) { return known.second <= mark_; });
    deletes_.erase(deletes_.begin(), deletes_.upper_bound(mark_));
}

/// Clients that wait for writes of the view that ends: their writes are repeated under the new regime if this node is
/// still master, else nobody knows what becomes of them.
void PartitionMachine::give_up_leading(bool stays, Turn& turn) {
    for (const auto& waiting : open_.abandon()) carried_.push_back(waiting);
    if (!stays) {
        for (const auto& [ticket, digest] : std::exchange(carried_, {})) {
            if (ticket) answer(turn, *ticket, Outcome::in_doubt);
        }
    }
    fenced_ = false;
    sequence_ = 0;
    reports_due_.clear();
    to_settle_.clear();
    transfer_.reset();
    lease_ = {};
    waits_for_slot_ = false;
    delayed_ = false;
    attempts_ = 0;
    attempt_of_.clear();
    merged_.clear();
    merged_last_ = {};
    retry_at_ = {};
    dropping_.reset();
    stopping_since_.reset();
    handover_at_ = {};
    handing_over_.reset();
    told_.clear();
    released_.clear();
    pending_.reset();
}

void PartitionMachine::on(const ViewAccepted& accepted, Turn& turn) {
    const bool serving = accepted.plan.state == Availability::serving;
    accepted_at_ = turn.now;
    give_up_leading(serving && accepted.plan.cfg.master == self_, turn);
    view_ = accepted.view;
    active_ = false;
    plan_ = accepted.plan;
    copies_ = accepted.copies;
    cfg_ = plan_.cfg;
    regime_ = serving ? cfg_.regime : cluster::regime_of(view_);
    attempt_ = {};
    report_.reset();
    const bool to_merge = contains(plan_.merge, self_);
    if (to_merge && (!divergent_ || line_ != accepted.own.id)) divergent_since_ = cluster::regime_of(view_);
    divergent_ = to_merge;
    line_ = accepted.own.id;
    // What was stored in this view as in the plan needs no telling; divergent copies keep their own.
    for (const NodeId node : listeners()) {
        if (!contains(plan_.merge, node)) told_.insert(node);
    }
    fetches_.clear();
    if (!serving) return;
    if (in_sync(self_)) {
        doubtful_.clear();
        return prune_stamps();
    }
    for (const auto& [stamp, digest] : unsettled_) doubtful_.insert(digest);
    // Of another line, or behind: only what the master says counts from here on.
    unsettled_.clear();
    deletes_.clear();
    stamps_.clear();
    // A part of a fill that came after this node had promised to have nothing: nobody knows of it.
    const bool known = is_target(self_) || to_merge || contains(plan_.keep, self_);
    if (!known) store_.clear();
}

void PartitionMachine::on(const ViewActive& active, Turn& turn) {
    if (active.view != view_ || active_) return;
    active_ = true;
    if (plan_.state != Availability::serving || !in_sync(self_)) return;
    std::vector<Digest> digests;
    if (!mutants_.no_resettle) {
        for (const auto& [stamp, digest] : unsettled_) {
            if (stamp.regime < cluster::regime_of(view_)) digests.push_back(digest);
        }
    }
    if (cfg_.master != self_) {
        report_ = Report{.digests = std::move(digests)};
        return report_unsettled(turn);
    }
    to_settle_.assign(digests.begin(), digests.end());
    for (const cluster::Copy& copy : cfg_.insync) {
        if (copy.node != self_) reports_due_[copy.node] = 0;
    }
}

void PartitionMachine::on(const ViewLost&, Turn& turn) {
    give_up_leading(false, turn);
    active_ = false;
}

void PartitionMachine::on(const Arrived& arrived, Turn& turn) {
    if (const auto* const stale = std::get_if<Stale>(&arrived.message)) return on(arrived.from, *stale, turn);
    const auto* const replica = std::get_if<Replica>(&arrived.message);
    if (arrived.view != view_ && !(replica != nullptr && mutants_.no_view_check)) {
        if (replica != nullptr && arrived.view < view_) {
            ++counters_.refused_stale;
            turn.out.push_back(Send{arrived.from, view_, Stale{replica->regime, view_}});
        }
        return;
    }
    if (!view_ || plan_.state != Availability::serving) return;
    if (const auto* const ack = std::get_if<ReplicaAck>(&arrived.message)) {
        return on(arrived.from, *ack, arrived.held, turn);
    }
    std::visit(
        [&]<class M>(const M& message) {
            if constexpr (!std::is_same_v<M, ReplicaAck>) on(arrived.from, message, turn);
        },
        arrived.message);
}

void PartitionMachine::store_cfg(Turn& turn, Cfg cfg, Reason reason, NodeId other) {
    CAIRN_CHECK(!pending_);
    pending_ = Pending{++cfgs_stored_, std::move(cfg), reason, other};
    turn.out.push_back(StoreCfg{pending_->number, pending_->cfg});
}

void PartitionMachine::on(const CfgStored& stored, Turn& turn) {
    if (!pending_ || pending_->number != stored.number) return;
    const Pending done = *std::exchange(pending_, std::nullopt);
    cfg_ = done.cfg;
    line_ = cfg_.id;
    told_.clear();
    told_at_ = {};
    switch (done.reason) {
        case Reason::told:
            divergent_ = false;
            if (in_sync(self_)) doubtful_.clear();
            send(turn, done.other, Told{cfg_.id});
            break;
        case Reason::added: end_transfer(); break;
        case Reason::merged:
            merged_.push_back(done.other);
            end_transfer();
            break;
        case Reason::dropped:
            for (const Ticket& ticket : open_.forget_insync(done.other)) answer(turn, ticket, Outcome::ok);
            dropping_.reset();
            break;
        case Reason::handed_over:
            regime_ = cfg_.regime;
            stopping_since_.reset();
            handing_over_ = Handover{cfg_, mark_, merged_};
            break;
        case Reason::became_master:
            regime_ = cfg_.regime;
            sequence_ = 0;
            attempts_ = 0;
            send(turn, done.other, Told{cfg_.id});
            break;
    }
    if (!in_sync(self_)) return;
    settle_up_to(mark_);
    prune_stamps();
}

void PartitionMachine::on(const CfgRefused& refused, Turn& turn) {
    if (!pending_ || pending_->number != refused.number) return;
    pending_.reset();
    stopping_since_.reset();
    dropping_.reset();
    retry_at_ = handover_at_ = turn.now + settings_.retry;
}

}  // namespace cairn::replication
