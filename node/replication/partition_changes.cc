#include <algorithm>

#include "node/cluster/contains.h"
#include "node/replication/partition_machine.h"

namespace cairn::replication {

using cluster::contains;

namespace {

void add_unless_there(std::vector<NodeId>& nodes, NodeId node) {
    if (!contains(nodes, node)) nodes.push_back(node);
}

}  // namespace

/// Everyone who has, had or will have a copy.
std::vector<NodeId> PartitionMachine::listeners() const {
    std::vector<NodeId> nodes;
    for (const cluster::Copy& copy : cfg_.insync) add_unless_there(nodes, copy.node);
    for (const NodeId node : plan_.targets) add_unless_there(nodes, node);
    for (const NodeId node : plan_.keep) add_unless_there(nodes, node);
    for (const NodeId node : plan_.merge) add_unless_there(nodes, node);
    std::erase(nodes, self_);
    return nodes;
}

std::vector<NodeId> PartitionMachine::holders_to_release() const {
    auto nodes = listeners();
    std::erase_if(nodes, [&](NodeId node) { return in_sync(node) || is_target(node); });
    return nodes;
}

bool PartitionMachine::all_targets_in_sync() const {
    return std::ranges::all_of(plan_.targets, [&](NodeId node) { return in_sync(node); });
}

bool PartitionMachine::done() const {
    if (!leads() || pending_ || transfer_ || dropping_ || !reports_due_.empty() || !to_settle_.empty()) return false;
    if (!all_targets_in_sync() || cfg_.insync.size() != plan_.targets.size()) return false;
    if (self_ != plan_.targets.front()) return false;
    return std::ranges::all_of(listeners(), [&](NodeId node) { return told_.contains(node); }) &&
           std::ranges::all_of(holders_to_release(), [&](NodeId node) { return released_.contains(node); });
}

bool PartitionMachine::migrating() const {
    if (!active_) return static_cast<bool>(view_);  // accepted, and about to be
    if (calm_) return false;
    if (plan_.state != cluster::Availability::serving) return false;
    if (!leads()) return handing_over_ || pending_ || (is_target(self_) && !in_sync(self_));
    if (transfer_ || pending_ || dropping_ || self_ != plan_.targets.front()) return true;
    const auto merged = [&](NodeId node) { return contains(merged_, node); };
    return !all_targets_in_sync() || cfg_.insync.size() != plan_.targets.size() ||
           !std::ranges::all_of(plan_.merge, merged);
}

Cfg PartitionMachine::next_cfg() const {
    return cfg_.successor({view_, cfg_.id.ballot == view_ ? cfg_.id.step + 1 : 1});
}

void PartitionMachine::work_on_changes(Turn& turn) {
    if (calm_) return void(tell_mark(turn));
    tell(turn);
    waits_for_slot_ = false;
    delayed_ = false;
    if (pending_ || dropping_ || plan_.targets.empty()) return;
    if (turn.now < retry_at_) return;
    if (transfer_) return work_on_transfer(turn);
    for (const NodeId node : plan_.merge) {
        if (!contains(merged_, node)) return begin_transfer(node, Purpose::merge, turn);
    }
    if (plan_.targets.front() != self_ && in_sync(plan_.targets.front()) && hand_over(turn)) return;
    for (const NodeId node : plan_.targets) {
        // One that was merged refuses to be filled until it knows.
        const bool knows = !contains(merged_, node) || told_.contains(node);
        if (in_sync(node) || !knows) continue;
        if (!delays(node, turn.now)) return begin_transfer(node, Purpose::fill, turn);
        delayed_ = true;
    }
    if (!all_targets_in_sync()) return;
    for (const cluster::Copy& copy : cfg_.insync) {
        if (is_target(copy.node) || copy.node == self_) continue;
        dropping_ = next_cfg();
        std::erase(dropping_->insync, copy);
        dropped_ = copy.node;
        if (mutants_.drop_early) return store_cfg(turn, *dropping_, Reason::dropped, dropped_);
        told_at_ = turn.now;
        return send(turn, dropped_, Tell{cfg_.regime, *dropping_, merged_});
    }
}

/// Between writes: what is settled. It is said again, in case it was lost: a copy that missed it keeps its deletes for
/// longer.
/// @return  whether it is time to say other things again, too.
bool PartitionMachine::tell_mark(Turn& turn) {
    const bool idle = open_.empty();
    const auto say = [&] {
        for (const cluster::Copy& copy : cfg_.insync) {
            if (copy.node != self_) send(turn, copy.node, Settled{cfg_.regime, mark_});
        }
    };
    // Not at once: the next write says it, too.
    if (mark_sent_ < mark_ && idle && turn.now - mark_sent_at_ >= settings_.tell) {
        mark_sent_ = mark_;
        mark_sent_at_ = turn.now;
        mark_repeats_ = 1;
        say();
    }
    if (told_at_ != Instant{} && turn.now - told_at_ < settings_.tell) return false;
    told_at_ = turn.now;
    if (idle && mark_repeats_ > 0) {
        --mark_repeats_;
        say();
    }
    return true;
}

/// Says again, until all have heard, what the Cfg is; then that others may forget their records.
void PartitionMachine::tell(Turn& turn) {
    if (!tell_mark(turn)) return;
    if (dropping_) send(turn, dropped_, Tell{cfg_.regime, *dropping_, merged_});
    for (const NodeId node : listeners()) {
        if (!told_.contains(node)) send(turn, node, Tell{cfg_.regime, cfg_, merged_});
    }
    if (!all_targets_in_sync() && !mutants_.drop_early) return;
    for (const NodeId node : holders_to_release()) {
        const bool knows = told_.contains(node) || mutants_.drop_early;
        if (knows && !released_.contains(node)) send(turn, node, Release{cfg_.regime, cfg_.id});
    }
}

void PartitionMachine::on(NodeId from, const Told& told, Turn& turn) {
    if (handing_over_ && from == cfg_.master && told.id == cfg_.id) handing_over_.reset();
    if (!leads()) return;
    if (told.id == cfg_.id) told_.insert(from);
    if (dropping_ && !pending_ && from == dropped_ && told.id == dropping_->id) {
        store_cfg(turn, *dropping_, Reason::dropped, dropped_);
    }
}

void PartitionMachine::on(NodeId from, const Released& released, Turn&) {
    if (leads() && released.id == cfg_.id) released_.insert(from);
}

void PartitionMachine::begin_transfer(NodeId other, Purpose purpose, Turn& turn) {
    if (settings_.waits_for_grant && !turn.granted) {
        waits_for_slot_ = true;
        return;
    }
    if (slots_ != nullptr) {
        auto lease = slots_->take();
        waits_for_slot_ = !lease;
        if (!lease) return;
        lease_ = std::move(*lease);
    }
    merged_last_ = {};
    if (purpose == Purpose::fill) attempt_of_[other] = attempts_ + 1;
    auto settings = settings_.transfer;
    settings.limits = slots_;
    transfer_.emplace(other, purpose, cfg_.regime, ++attempts_, settings, turn.now);
    work_on_transfer(turn);
}

const cluster::Migration* PartitionMachine::migration_to(NodeId node) const {
    const auto found = std::ranges::find_if(plan_.migrations, [&](const cluster::Migration& migration) {
        return migration.kind != cluster::MigrationKind::merge && migration.to == node;
    });
    return found == plan_.migrations.end() ? nullptr : &*found;
}

bool PartitionMachine::delays(NodeId node, Instant now) const {
    if (settings_.transfer.done == nullptr) return false;
    const Duration delay(settings_.transfer.done->fill_delay_ns.load(std::memory_order_relaxed));
    if (now - accepted_at_ >= delay) return false;
    const auto* const migration = migration_to(node);
    return migration != nullptr && migration->kind == cluster::MigrationKind::full && !migration->lead;
}

PartitionMachine::Urgency PartitionMachine::urgency() const {
    const auto urgent = [&](NodeId node) {
        const auto* const migration = migration_to(node);
        return !in_sync(node) && migration != nullptr && migration->lead;
    };
    if (std::ranges::any_of(plan_.targets, urgent)) return Urgency::lead;
    const auto to_merge = [&](NodeId node) { return !contains(merged_, node); };
    return std::ranges::any_of(plan_.merge, to_merge) ? Urgency::merge : Urgency::other;
}

PartitionMachine::Progress PartitionMachine::progress() const {
    if (!transfer_) return {};
    return {transfer_->other(), transfer_->purpose(), transfer_->buckets(), transfer_->records(), transfer_->bytes()};
}

void PartitionMachine::end_transfer() {
    if (!transfer_) return;
    counters_.fill_records += transfer_->records();
    counters_.fill_removes += transfer_->removes();
    counters_.fill_buckets_equal += transfer_->buckets_equal();
    transfer_.reset();
    lease_ = {};
}

void PartitionMachine::work_on_transfer(Turn& turn) {
    const NodeId other = transfer_->other();
    const bool fill = transfer_->purpose() == Purpose::fill;
    if (slots_ != nullptr && slots_->paused()) {  // what the other has got stays: the next attempt finds it equal
        open_.forget_filling(other);
        return end_transfer();
    }
    const auto stamps = [this](const Digest& digest) { return stamp_of(digest); };
    for (auto& message : transfer_->pump(store_, stamps, mark_, last_stamp(), turn.now)) {
        send(turn, other, std::move(message));
    }
    const bool compared = transfer_->complete() || (mutants_.add_early && fill && transfer_->ready());
    if (compared && fill && (!open_.waits_for(other) || mutants_.add_early)) {
        Cfg next = next_cfg();
        const auto copy = std::ranges::find(copies_, other, &cluster::Copy::node);
        next.insync.push_back(*copy);
        std::ranges::sort(next.insync);
        return store_cfg(turn, std::move(next), Reason::added, other);
    }
    // What was taken over must be on all copies before the other's own line is forgotten.
    if ((compared || (mutants_.forget_merge && !fill && transfer_->ready())) && !fill && mark_ >= merged_last_) {
        Cfg next = next_cfg();
        const CfgId line = transfer_->ready()->line;
        if (line && !next.descends_from(line)) next.ancestry.insert(next.ancestry.begin(), line);
        if (next.ancestry.size() > cluster::kAncestryMax) next.ancestry.resize(cluster::kAncestryMax);
        return store_cfg(turn, std::move(next), Reason::merged, other);
    }
    if (slots_ != nullptr && !slots_->may_send()) transfer_->heard(turn.now);  // it is this node that is slow
    if (turn.now - transfer_->heard_at() < settings_.strike || (compared && !open_.waits_for(other))) return;
    ++counters_.strikes;
    open_.forget_filling(other);
    end_transfer();
    retry_at_ = turn.now + settings_.retry;
}

void PartitionMachine::on(NodeId from, const Ready& ready, Turn& turn) {
    if (!leads() || !transfer_ || transfer_->other() != from || transfer_->attempt() != ready.attempt) return;
    transfer_->hear(ready, store_, turn.now);
}

void PartitionMachine::on(NodeId from, const ListPage& page, Turn& turn) {
    if (!leads() || !transfer_ || transfer_->other() != from || transfer_->attempt() != page.attempt) return;
    transfer_->hear(page, store_, turn.now);
}

void PartitionMachine::on(NodeId from, const FillAck& ack, Turn& turn) {
    if (!leads() || !transfer_ || transfer_->other() != from || transfer_->attempt() != ack.attempt) return;
    transfer_->hear(ack, turn.now);
}

/// A version of the other line. What was written here since both are in one view is newer than either; else the policy
/// decides. The losing version is dropped whole.
void PartitionMachine::on(NodeId from, const Fetched& fetched, Turn& turn) {
    if (!leads() || !transfer_ || transfer_->other() != from || transfer_->attempt() != fetched.attempt) return;
    if (!transfer_->hear(fetched, turn.now) || !fetched.version || fetched.version->kind == Kind::deleted) return;
    const auto own = store_.peek(fetched.digest);
    const auto stamp = stamp_of(fetched.digest);
    const bool written_since = stamp && stamp->regime >= transfer_->ready()->since;  // or deleted
    const bool own_stays = own && !wins(*fetched.version, *own, settings_.policy);
    if (written_since || own_stays) {
        ++counters_.merge_lost;
        return;
    }
    auto version = std::make_shared<Version>(*fetched.version);
    if (!apply(fetched.digest, *version)) {  // no room: all of it again, later
        end_transfer();
        retry_at_ = turn.now + settings_.retry;
        return;
    }
    ++counters_.merge_taken;
    counters_.merge_lost += own.has_value();
    write(fetched.digest, std::move(version), std::nullopt, true, turn);
    merged_last_ = last_stamp();
}

/// To the wished master, which is in sync. New writes stop until the open ones are done.
/// @return  whether it is under way.
bool PartitionMachine::hand_over(Turn& turn) {
    if (turn.now < handover_at_ || !reports_due_.empty() || !to_settle_.empty()) return false;
    if ((cfg_.regime & 0xF) == 0xF) {
        turn.out.push_back(WantView{});
        handover_at_ = turn.now + settings_.retry;
        return false;
    }
    if (!open_.empty() && stopping_since_ && turn.now - *stopping_since_ > settings_.handover_wait) {
        stopping_since_.reset();
        handover_at_ = turn.now + settings_.retry;
        return false;
    }
    if (!stopping_since_) stopping_since_ = turn.now;
    if (!open_.empty()) return true;
    settle_up_to(own_mark());
    Cfg next = next_cfg();
    const NodeId to = plan_.targets.front();
    next.master = to;
    ++next.regime;
    store_cfg(turn, std::move(next), Reason::handed_over, to);
    return true;
}

}  // namespace cairn::replication
