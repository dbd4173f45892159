#pragma once
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "common/base/time.h"
#include "node/replication/version.h"

namespace cairn::replication {

/// A client's write that waits for its answer.
struct Ticket {
    uint64_t number = 0;
    Instant deadline{};
    Instant since{};  // when it was first sent to other copies
};

/// The writes of one regime that some copy has not acknowledged yet, by their sequence.
class OpenWrites {
public:
    struct Write {
        Digest digest{};
        VersionRef version{};
        std::vector<NodeId> insync{};   // the client is answered when these have it
        std::vector<NodeId> filling{};  // must have it before they are in sync
        std::optional<Ticket> ticket{};
        Instant resend_at{};
        Duration back_off{};
    };

    void add(uint32_t sequence, Write write) { writes_.emplace(sequence, std::move(write)); }
    /// @return  the ticket that can be answered now.
    std::optional<Ticket> acknowledged(uint32_t sequence, NodeId from);
    /// The node is waited for no more; it was being filled.
    void forget_filling(NodeId node);
    /// The node has left the in-sync list by its own consent.
    std::vector<Ticket> forget_insync(NodeId node);
    /// Takes the tickets whose deadline is over; their writes stay open.
    std::vector<Ticket> take_expired(Instant now);
    /// All that wait, with what they wrote; nothing is open afterwards.
    std::vector<std::pair<Ticket, Digest>> abandon();

    bool empty() const { return writes_.empty(); }
    size_t size() const { return writes_.size(); }
    bool waits_for(NodeId node) const;
    /// All up to it have been acknowledged by everyone.
    /// @param last  the last sequence given.
    uint32_t settled(uint32_t last) const { return writes_.empty() ? last : writes_.begin()->first - 1; }

    /// Calls `send(write, node)` for what is due again, `max` times at most, later each time.
    using SendAgain = std::function<void(const Write&, NodeId)>;
    void resend(Instant now, Duration back_off_max, size_t max, const SendAgain& send);

private:
    std::map<uint32_t, Write> writes_;
};

}  // namespace cairn::replication
