#include "node/replication/transfer.h"

#include <algorithm>

namespace cairn::replication {
namespace {

bool before(const Digest& a, const Digest& b) { return Digest::compare_in_partition(a, b) < 0; }

}  // namespace

void Transfer::hear(const Ready& ready, const RecordStore& store, Instant now) {
    if (ready_ || ready.hashes.size() != kBuckets) return;  // said twice, or nonsense
    heard_at_ = now;
    ready_ = ready;
    asked_at_.reset();
    hashes_ = store.bucket_hashes();
}

/// A bucket of equal hashes has nothing to tell; one that is empty there needs no list.
void Transfer::skip_equal(const RecordStore& store) {
    while (bucket_ < kBuckets) {
        if (!after_ && hashes_[bucket_] == ready_->hashes[bucket_]) {
            ++bucket_;
            ++buckets_equal_;
        } else if (ready_->hashes[bucket_] == 0 && differing_.empty()) {
            compare({}, true, store);
        } else {
            return;
        }
    }
}

void Transfer::hear(const ListPage& page, const RecordStore& store, Instant now) {
    if (!ready_ || bucket_ == kBuckets || !asked_at_ || page.bucket != bucket_ || page.after != after_) return;
    const auto wrong = [&](const Listed& record) {
        return bucket_of(record.digest) != bucket_ || (after_ && !before(*after_, record.digest));
    };
    if (std::ranges::any_of(page.records, wrong) || (page.records.empty() && !page.last)) return;
    heard_at_ = now;
    asked_at_.reset();
    compare(page.records, page.last, store);
}

/// Both lists begin behind `after_` and may be cut off: they are compared as far as both reach.
void Transfer::compare(const std::vector<Listed>& theirs, bool theirs_last, const RecordStore& store) {
    const auto ours = store.list(bucket_, after_, settings_.page_records_max);
    std::optional<Digest> end;
    if (ours.size() == settings_.page_records_max) end = ours.back().digest;
    if (!theirs_last && (!end || before(theirs.back().digest, *end))) end = theirs.back().digest;
    const auto reached = [&](auto at, auto stop) { return at != stop && (!end || !before(*end, at->digest)); };
    uint64_t equal = 0;
    auto our = ours.begin();
    auto their = theirs.begin();
    while (reached(our, ours.end()) || reached(their, theirs.end())) {
        const bool have_our = reached(our, ours.end()), have_their = reached(their, theirs.end());
        const bool ours_only = have_our && (!have_their || before(our->digest, their->digest));
        const bool theirs_only = have_their && (!have_our || before(their->digest, our->digest));
        const bool same = !ours_only && !theirs_only && our->fingerprint == their->fingerprint;
        const bool wanted = purpose_ == Purpose::fill || !ours_only;
        if (!same && wanted) differing_.push_back(ours_only ? our->digest : their->digest);
        equal += same;
        if (!theirs_only) ++our;
        if (!ours_only) ++their;
    }
    if (settings_.done != nullptr) NamespaceTransfers::add(settings_.done->records_equal, equal);
    after_ = end;
    if (!end) ++bucket_;
}

void Transfer::hear(const FillAck& ack, Instant now) {
    if (purpose_ != Purpose::fill || ack.last < ack.first) return;
    const auto begin = flying_.lower_bound(ack.first), end = flying_.upper_bound(ack.last);
    if (begin == end) return;
    heard_at_ = now;
    for (auto at = begin; at != end; ++at) flying_bytes_ -= at->second.bytes;
    flying_.erase(begin, end);
}

bool Transfer::hear(const Fetched& fetched, Instant now) {
    const auto found = flying_.find(fetched.number);
    if (found == flying_.end() || purpose_ != Purpose::merge || found->second.digest != fetched.digest) return false;
    heard_at_ = now;
    flying_.erase(found);
    const size_t bytes = fetched.version ? fetched.version->content.size() : 0;
    bytes_ += bytes;
    ++records_;
    if (settings_.limits != nullptr) settings_.limits->sent(bytes);
    if (settings_.done != nullptr) {
        NamespaceTransfers::add(settings_.done->records_received);
        NamespaceTransfers::add(settings_.done->bytes_received, bytes);
    }
    return true;
}

/// The record as it is now: what is sent again may be newer than what was sent first.
/// @return  nothing: it is being read.
std::optional<Message> Transfer::message_of(uint32_t number, Flying& flying, RecordStore& store,
                                            const StampOf& stamp_of, Stamp last) {
    if (purpose_ == Purpose::merge) return Fetch{regime_, attempt_, number, flying.digest};
    auto [have, version] = store.find(flying.digest);
    if (have == RecordStore::Have::later) return std::nullopt;
    if (have == RecordStore::Have::nothing) {
        version = {.stamp = last, .kind = Kind::deleted};
        ++removes_;
    } else {
        // One that is settled has none: whatever the copy has of this attempt is as new.
        version.stamp = stamp_of(flying.digest).value_or(Stamp{});
        ++records_;
    }
    flying_bytes_ -= flying.bytes;
    flying.bytes = version.content.size();
    flying_bytes_ += flying.bytes;
    return FillRecord{regime_, attempt_, number, flying.digest, std::make_shared<const Version>(std::move(version))};
}

void Transfer::count_sent(const Flying& flying, bool again) {
    if (purpose_ == Purpose::merge) return;  // counted as it comes
    bytes_ += flying.bytes;
    if (settings_.limits != nullptr) settings_.limits->sent(flying.bytes);
    if (settings_.done == nullptr) return;
    NamespaceTransfers::add(again ? settings_.done->records_resent : settings_.done->records_sent);
    NamespaceTransfers::add(settings_.done->bytes_sent, flying.bytes);
}

std::vector<Message> Transfer::pump(RecordStore& store, const StampOf& stamp_of, Stamp mark, Stamp last, Instant now) {
    std::vector<Message> out;
    const bool ask = !asked_at_ || now - *asked_at_ >= settings_.resend;
    if (!ready_) {
        if (ask) out.push_back(Begin{regime_, attempt_, purpose_, mark});
        if (ask) asked_at_ = now;
        return out;
    }
    for (auto& [number, flying] : flying_) {
        if (now - flying.sent_at < settings_.resend || !may_send()) continue;
        auto message = message_of(number, flying, store, stamp_of, last);
        if (!message) continue;
        flying.sent_at = now;
        count_sent(flying, /*again=*/true);
        out.push_back(std::move(*message));
    }
    if (differing_.empty()) skip_equal(store);
    size_t unread = 0;  // at the front: these are being read, side by side
    while (unread < differing_.size() && flying_.size() + unread < settings_.records_max &&
           flying_bytes_ < settings_.bytes_max && may_send()) {
        Flying flying{differing_[unread], 0, now};
        auto message = message_of(numbers_ + 1, flying, store, stamp_of, last);
        if (!message) {
            ++unread;
            continue;
        }
        flying_[++numbers_] = flying;
        count_sent(flying, /*again=*/false);
        differing_.erase(differing_.begin() + static_cast<ptrdiff_t>(unread));
        out.push_back(std::move(*message));
        if (differing_.empty()) skip_equal(store);
    }
    if (differing_.empty() && bucket_ < kBuckets && ask) {
        out.push_back(ListAsk{regime_, attempt_, static_cast<uint8_t>(bucket_), after_});
        asked_at_ = now;
    }
    return out;
}

}  // namespace cairn::replication
