#pragma once
#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "common/base/time.h"
#include "node/cluster/pulse.h"

namespace cairn::cluster {

struct DetectorSettings {
    Duration interval = 150ms;  // `heartbeat.interval`
    uint32_t timeout = 10;      // `heartbeat.timeout`: intervals without a pulse until a peer is suspect

    Duration patience() const { return interval * timeout; }
};

enum class PeerState : uint8_t {
    alive,
    suspect,  // silent for the time-out, or its process is known to have ended
};

/// Judges which peers live, from their pulses. A machine: events and the time go in, effects come out; it reads no clock
/// (docs/cluster.md, "Detector"). Call tick() several times an interval.
class Detector {
public:
    struct Peer {
        PeerState state = PeerState::alive;
        Pulse pulse;  // the latest
        Instant heard_at{};
        bool dead = false;  // suspect since its process has ended: no link trouble
    };

    struct SendPulse {};  // to all known peers
    struct PeerChanged {
        NodeId id;
    };
    struct PeerGone {
        NodeId id;
    };
    /// Two processes pulse under one id: this one has to leave.
    struct RefuseDuplicate {
        Member which;
    };
    using Effect = std::variant<SendPulse, PeerChanged, PeerGone, RefuseDuplicate>;
    using Effects = std::vector<Effect>;

    Detector(Process self, DetectorSettings settings) : self_(self), settings_(settings) {}

    /// @param current  the member of the present view with the pulse's id: it stays when there are duplicates.
    Effects pulse(const Pulse& pulse, const std::optional<Member>& current, Instant now);
    /// The process has told that it leaves, or its connection was reset and the one tried at once was refused.
    Effects process_ended(Process which, Instant now);
    Effects tick(Instant now);

    /// From now on.
    void set_settings(DetectorSettings settings) { settings_ = settings; }

    /// All that were heard of and are not gone.
    const std::map<NodeId, Peer>& peers() const { return peers_; }
    /// Processes that are known to have ended.
    bool is_dead(Process which) const { return dead_.contains(which); }
    std::vector<Process> heard() const;
    /// Ids under which more than one process pulsed within the time-out: `cluster_duplicate_nodes`.
    std::vector<NodeId> duplicates() const;
    /// Whether this process slept for so long that others may have gone on without it, less than a time-out ago: what it
    /// reads now may have been sent before they did.
    bool just_woke(Instant now) const { return woke_at_ && now - *woke_at_ < settings_.patience(); }

private:
    struct Rival {
        Pulse pulse;
        Instant since{};
        Instant heard_at{};
    };

    Effects take(const Pulse& pulse, Instant now);
    Effects challenge(const Pulse& pulse, const std::optional<Member>& current, Instant now);
    bool both_live(NodeId id, const Rival& rival) const;
    void shift_deadlines(Duration by, Instant now);

    const Process self_;
    DetectorSettings settings_;
    std::map<NodeId, Peer> peers_;
    std::map<NodeId, Rival> rivals_;  // pulses of another boot while the first still pulses
    std::set<Process> dead_;  // kDeadMax at most
    Instant ticked_at_{};
    Instant pulsed_at_{};
    bool ticked_ = false;
    std::optional<Instant> woke_at_;  // of the last long sleep
};

}  // namespace cairn::cluster
