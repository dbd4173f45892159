#include <algorithm>

#include "node/cluster/contains.h"
#include "node/replication/partition_machine.h"

namespace cairn::replication {
namespace {

constexpr size_t kReportPage = 1000;

/// Makes the fingerprint of a record another one.
uint64_t doubt(const Digest& digest) { return fingerprint(digest, Version{.kind = Kind::deleted}); }

}  // namespace

/// The view is ours; the regime may be of a master that has handed over.
bool PartitionMachine::from_master(NodeId from, Regime regime, Turn& turn) {
    if (mutants_.no_view_check) return true;
    if (regime < regime_) {
        ++counters_.refused_stale;
        send(turn, from, Stale{regime, view_});
        return false;
    }
    if (regime >> 4 != view_.counter || from == self_) return false;
    regime_ = regime;
    return true;
}

bool PartitionMachine::in_attempt(Regime regime, uint32_t attempt) const {
    if (mutants_.no_attempts) return true;
    return attempt != 0 && attempt_ == std::pair(regime, attempt);
}

/// The master's version stays, whatever this copy has, unless that is a later one of the same view: what is older than
/// the view and not at the master was never acknowledged.
/// @return  false: there is no room for it.
bool PartitionMachine::take(const Digest& digest, const Version& version) {
    const auto own = stamp_of(digest);
    if (own && own->regime >= cluster::regime_of(view_)) {
        if (mutants_.reversed_stamps ? version.stamp >= *own : version.stamp <= *own) return true;
    }
    if (!apply(digest, version)) return false;
    note_applied(version.stamp, digest, version.kind);
    return true;
}

/// What the master lacks. The stamp is that of another record: the last that the master gave.
void PartitionMachine::remove(const Digest& digest, Stamp stamp) {
    const auto own = stamp_of(digest);
    if (own && own->regime >= cluster::regime_of(view_) && stamp <= *own && !mutants_.reversed_stamps) return;
    store_.erase(digest);
    stamps_[digest] = stamp;
}

bool PartitionMachine::apply(const Digest& digest, const Version& version) {
    if (version.kind != Kind::deleted) return store_.put(digest, version);
    store_.erase(digest);
    return true;
}

void PartitionMachine::on(NodeId from, const Replica& replica, Turn& turn) {
    if (!from_master(from, replica.regime, turn)) return;
    if (!in_sync(self_) && !in_attempt(replica.regime, replica.attempt) && !mutants_.no_view_check) return;
    const bool news = replica.version->stamp > mark_ || mutants_.no_view_check;
    if (news && !take(replica.digest, *replica.version)) return;
    send(turn, from, ReplicaAck{replica.version->stamp});
    settle_up_to(replica.mark);
}

void PartitionMachine::on(NodeId from, const Settled& settled, Turn& turn) {
    if (from_master(from, settled.regime, turn) && in_sync(self_)) settle_up_to(settled.mark);
}

void PartitionMachine::report_unsettled(Turn& turn) {
    report_->sent_at = turn.now;
    const size_t begin = report_->page * kReportPage;
    const size_t end = std::min(begin + kReportPage, report_->digests.size());
    Unsettled page{report_->page, end == report_->digests.size(), {}};
    page.digests.assign(report_->digests.begin() + static_cast<ptrdiff_t>(begin),
                        report_->digests.begin() + static_cast<ptrdiff_t>(end));
    send(turn, cfg_.master, std::move(page));
}

void PartitionMachine::on(NodeId from, const UnsettledHeard& heard, Turn& turn) {
    if (!report_ || from != cfg_.master || heard.page != report_->page) return;
    ++report_->page;
    if (report_->page * kReportPage >= report_->digests.size()) return report_.reset();
    report_unsettled(turn);
}

void PartitionMachine::work_as_copy(Turn& turn) {
    std::erase_if(fetches_,
                  [&](const auto& asked) { return answer_fetch(asked.second.first, asked.second.second, turn); });
    if (report_ && turn.now - report_->sent_at >= settings_.tell) report_unsettled(turn);
    if (handing_over_ && turn.now - told_at_ >= settings_.tell) {
        told_at_ = turn.now;
        send(turn, cfg_.master, *handing_over_);
    }
}

/// A divergent copy has records that the master may lack: it is compared for a merge only, until it was told that it is
/// merged.
void PartitionMachine::on(NodeId from, const Begin& begin, Turn& turn) {
    if (!from_master(from, begin.regime, turn)) return;
    const bool fill = begin.purpose == Purpose::fill;
    if (fill ? in_sync(self_) || divergent_ : !divergent_) return;
    const std::pair attempt(begin.regime, begin.attempt);
    if (attempt < attempt_) return;
    if (attempt > attempt_ && fill) {
        mark_ = begin.mark;  // of the master's line: the own one may be of another
        unsettled_.erase(unsettled_.begin(), unsettled_.upper_bound(mark_));
        // What was written while nothing was sent here is settled by now, and comes without a stamp.
        stamps_.clear();
        deletes_.clear();
    }
    if (attempt > attempt_) fetches_.clear();
    attempt_ = attempt;
    send(turn, from, Ready{begin.attempt, line_, divergent_since_, hashes()});
}

/// Of the buckets; those with doubtful records equal none of the master's.
std::vector<uint64_t> PartitionMachine::hashes() const {
    const auto stored = store_.bucket_hashes();
    std::vector<uint64_t> hashes(stored.begin(), stored.end());
    for (const Digest& digest : doubtful_) hashes[bucket_of(digest)] ^= doubt(digest);
    return hashes;
}

void PartitionMachine::on(NodeId from, const ListAsk& ask, Turn& turn) {
    if (!from_master(from, ask.regime, turn) || !in_attempt(ask.regime, ask.attempt)) return;
    const size_t max = settings_.transfer.page_records_max;
    ListPage page{ask.attempt, ask.bucket, ask.after, true, store_.list(ask.bucket, ask.after, max)};
    page.last = page.records.size() < max;
    for (Listed& record : page.records) {
        if (doubtful_.contains(record.digest)) record.fingerprint ^= doubt(record.digest);
    }
    send(turn, from, std::move(page));
}

void PartitionMachine::on(NodeId from, const FillRecord& fill, Turn& turn) {
    if (!from_master(from, fill.regime, turn) || !in_attempt(fill.regime, fill.attempt)) return;
    if ((in_sync(self_) && !mutants_.no_attempts) || divergent_) return;
    if (fill.version->kind == Kind::deleted) {
        remove(fill.digest, fill.version->stamp);
    } else if (!take(fill.digest, *fill.version)) {
        return;
    }
    if (auto* const done = settings_.transfer.done) {
        NamespaceTransfers::add(done->records_received);
        NamespaceTransfers::add(done->bytes_received, fill.version->content.size());
    }
    // Records that come together are acknowledged together.
    Send* const before = turn.out.empty() ? nullptr : std::get_if<Send>(&turn.out.back());
    FillAck* const ack = before != nullptr && before->to == from ? std::get_if<FillAck>(&before->message) : nullptr;
    const bool follows = ack != nullptr && ack->attempt == fill.attempt && ack->last + 1 == fill.number;
    if (follows) ack->last = fill.number;
    else send(turn, from, FillAck{fill.attempt, fill.number, fill.number});
}

void PartitionMachine::on(NodeId from, const Fetch& fetch, Turn& turn) {
    if (!from_master(from, fetch.regime, turn) || !in_attempt(fetch.regime, fetch.attempt)) return;
    if (!answer_fetch(from, fetch, turn)) fetches_[fetch.number] = {from, fetch};
}

/// @return  false: the record is being read.
bool PartitionMachine::answer_fetch(NodeId from, const Fetch& fetch, Turn& turn) {
    auto [have, version] = store_.find(fetch.digest);
    if (have == RecordStore::Have::later) return false;
    VersionRef found;
    if (have == RecordStore::Have::here) found = std::make_shared<const Version>(std::move(version));
    send(turn, from, Fetched{fetch.attempt, fetch.number, fetch.digest, std::move(found)});
    return true;
}

void PartitionMachine::on(NodeId from, const Tell& tell, Turn& turn) {
    if (!from_master(from, tell.regime, turn)) return;
    if (tell.cfg.id == cfg_.id && !divergent_) return send(turn, from, Told{cfg_.id});
    const bool of_this_view = tell.cfg.id.ballot == view_ && tell.cfg.regime >> 4 == view_.counter;
    if (pending_ || tell.cfg.id <= cfg_.id || !of_this_view) return;
    if (divergent_ && !cluster::contains(tell.merged, self_)) return;  // its own line is still to be known
    merged_ = tell.merged;
    store_cfg(turn, tell.cfg, Reason::told, from);
}

void PartitionMachine::on(NodeId from, const Handover& handover, Turn& turn) {
    if (handover.cfg.master != self_ || !from_master(from, handover.cfg.regime, turn)) return;
    if (handover.cfg.id == cfg_.id) return send(turn, from, Told{cfg_.id});
    if (pending_ || handover.cfg.id <= cfg_.id || handover.cfg.id.ballot != view_ ||
        handover.cfg.copy_on(self_) == nullptr)
        return;
    settle_up_to(handover.mark);
    merged_ = handover.merged;
    store_cfg(turn, handover.cfg, Reason::became_master, from);
}

/// Records are erased only by a Cfg that does not name this copy, when all targets are in sync.
void PartitionMachine::on(NodeId from, const Release& release, Turn& turn) {
    if (!from_master(from, release.regime, turn)) return;
    const bool agreed = cfg_.id == release.id && !in_sync(self_) && !divergent_;
    if (!agreed && !mutants_.drop_early) return;
    store_.clear();
    unsettled_.clear();
    deletes_.clear();
    stamps_.clear();
    doubtful_.clear();
    turn.out.push_back(Erased{});
    send(turn, from, Released{release.id});
}

}  // namespace cairn::replication
