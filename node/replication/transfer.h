#pragma once
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "common/base/time.h"
#include "node/replication/messages.h"
#include "node/replication/transfer_control.h"

namespace cairn::replication {

struct TransferSettings {
    size_t records_max = 64;         // on their way at once
    size_t bytes_max = 4 << 20;      // of them; one record may be larger
    size_t page_records_max = 512;   // in one list
    Duration resend = 300ms;
    TransferSlots* limits = nullptr;      // outlive it, as those below; null: none
    NamespaceTransfers* done = nullptr;  // null: nobody counts
};

/// The master's side of one comparison with another copy: which buckets differ, which records of those, and these are
/// sent (fill) or asked for (merge). A machine: what the other says goes in, `pump` says what to send.
class Transfer {
public:
    Transfer(NodeId other, Purpose purpose, Regime regime, uint32_t attempt, const TransferSettings& settings,
             Instant now)
        : other_(other), purpose_(purpose), regime_(regime), attempt_(attempt), settings_(settings), heard_at_(now) {}

    NodeId other() const { return other_; }
    Purpose purpose() const { return purpose_; }
    uint32_t attempt() const { return attempt_; }
    /// What the other said first: from then on it refuses what belongs to earlier attempts.
    const std::optional<Ready>& ready() const { return ready_; }
    Instant heard_at() const { return heard_at_; }
    void heard(Instant now) { heard_at_ = now; }

    void hear(const Ready& ready, const RecordStore& store, Instant now);
    void hear(const ListPage& page, const RecordStore& store, Instant now);
    void hear(const FillAck& ack, Instant now);
    /// @return  false when nobody waits for it.
    bool hear(const Fetched& fetched, Instant now);

    /// What is to be sent now.
    /// @param mark, last  of the master: what is settled, and the last stamp it gave.
    /// @param stamp_of  of a version here, as far as it is still known.
    using StampOf = std::function<std::optional<Stamp>(const Digest&)>;
    std::vector<Message> pump(RecordStore& store, const StampOf& stamp_of, Stamp mark, Stamp last, Instant now);
    /// All was compared, and all that differed is there.
    bool complete() const { return ready_ && bucket_ == kBuckets && differing_.empty() && flying_.empty(); }

    /// Of all buckets, how many have been compared.
    size_t buckets() const { return bucket_; }
    uint64_t bytes() const { return bytes_; }
    uint64_t records() const { return records_; }
    uint64_t removes() const { return removes_; }
    uint64_t buckets_equal() const { return buckets_equal_; }

private:
    struct Flying {
        Digest digest{};
        size_t bytes = 0;
        Instant sent_at{};
    };
    void compare(const std::vector<Listed>& theirs, bool theirs_last, const RecordStore& store);
    void skip_equal(const RecordStore& store);
    bool may_send() const { return settings_.limits == nullptr || settings_.limits->may_send(); }
    void count_sent(const Flying& flying, bool again);
    std::optional<Message> message_of(uint32_t number, Flying& flying, RecordStore& store, const StampOf& stamp_of,
                                      Stamp last);

    const NodeId other_;
    const Purpose purpose_;
    const Regime regime_;
    const uint32_t attempt_;
    const TransferSettings settings_;
    Instant heard_at_;
    std::optional<Instant> asked_at_;  // Begin, or a list
    std::optional<Ready> ready_;
    std::array<uint64_t, kBuckets> hashes_{};  // our own, when the other was ready
    size_t bucket_ = 0;
    std::optional<Digest> after_;  // compared up to it, in the bucket
    std::deque<Digest> differing_;
    std::map<uint32_t, Flying> flying_;
    size_t flying_bytes_ = 0;
    uint32_t numbers_ = 0;
    uint64_t records_ = 0, bytes_ = 0, removes_ = 0, buckets_equal_ = 0;
};

}  // namespace cairn::replication
