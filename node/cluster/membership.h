#pragma once
#include <map>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "node/cluster/candidates.h"
#include "node/cluster/damper.h"
#include "node/cluster/detector.h"
#include "node/cluster/view_change.h"

namespace cairn::cluster {

struct MembershipSettings {
    DetectorSettings detector;
    DamperSettings damper;
    ViewChangeSettings view_change;
    std::set<NodeId> roster;  // of SC namespaces
};

/// One node's part in the cluster: whom it hears (Detector), whom it wants beside it (choose_candidates), when it is
/// time (Damper), and the agreement (ViewChange). A machine, as its parts are: `step(event, now)` gives effects, which the
/// caller performs in their order. Ticks come at least twice an interval.
class Membership {
public:
    struct Arrived {
        NodeId from;
        Message message;
    };
    /// A reset connection that was refused when it was tried again at once: the process is not there any more.
    struct ProcessEnded {
        Process which;
    };
    struct Persisted {
        uint64_t number;
    };
    struct Tick {};
    /// Somebody asks for a new view of the same members: attributes take effect. Pulses tell it to the proposer.
    struct Recluster {};
    using Event = std::variant<Arrived, ProcessEnded, Persisted, Tick, Recluster>;

    using Send = ViewChange::Send;
    using PersistPromise = ViewChange::PersistPromise;
    using PersistView = ViewChange::PersistView;
    using ViewAccepted = ViewChange::ViewAccepted;
    using ViewActive = ViewChange::ViewActive;
    using TablesDiffer = ViewChange::TablesDiffer;
    /// To every known address, seeds too.
    struct Broadcast {
        Pulse pulse;
    };
    /// The others went on without this node: it serves nothing until it is in a view again.
    struct ViewLost {};
    /// Another process has our id and was there first: this one must end, and say so.
    struct DuplicateSelf {};
    /// For the log: a peer came, is suspected, or went.
    struct PeerChanged {
        NodeId id;
    };
    using Effect = std::variant<Send, PersistPromise, PersistView, ViewAccepted, ViewActive, TablesDiffer, Broadcast,
                                ViewLost, DuplicateSelf, PeerChanged>;
    using Effects = std::vector<Effect>;

    Membership(NodeId id, Boot boot, DurableState durable, MembershipSettings settings,
               const ViewChangeMutants& mutants = {});

    Effects step(const Event& event, Instant now);

    /// Other intervals from now on.
    void set_detector(DetectorSettings settings) {
        settings_.detector = settings;
        detector_.set_settings(settings);
    }
    /// Whether some seeds have not answered yet: the first view then waits, and after the last answer until those who
    /// gave it may have been heard.
    void set_seeds_pending(bool pending) { seeds_pending_ = pending; }

    const Detector& detector() const { return detector_; }
    const ViewChange& view_change() const { return view_change_; }
    ViewChange& view_change() { return view_change_; }
    std::shared_ptr<const Formed> active() const { return view_change_.active(); }
    /// As of the last tick.
    const std::vector<Process>& candidates() const { return candidates_; }

private:
    void on(const Arrived& arrived, Instant now, Effects& out);
    void on(const ProcessEnded& ended, Instant now, Effects& out);
    void on(const Tick&, Instant now, Effects& out);

    void hear(NodeId from, const Pulse& pulse, Instant now, Effects& out);
    void add(Detector::Effects effects, Instant now, Effects& out);
    void add(ViewChange::Effects effects, Instant now, Effects& out);
    void failed(const ViewChange::ProposalFailed& failure, Instant now);
    void became_active(const Formed& formed, Instant now);
    Pulse own_pulse() const;

    HearingGraph graph() const;
    std::set<NodeId> reference_view() const;
    void choose(Instant now);
    std::optional<Refuse::Reason> objection(const std::vector<Member>& members, NodeId proposer, Instant now) const;
    bool proposal_is_hopeless() const;
    bool may_have_been_left(Instant now) const;
    bool stuck() const;
    bool asked_by_member() const;
    void propose_when_due(Instant now, Effects& out);
    Ballot highest_heard() const;
    std::vector<Process> present() const;

    const Process self_;
    MembershipSettings settings_;
    Detector detector_;
    Damper damper_;
    ViewChange view_change_;
    bool seeds_pending_ = false;
    std::optional<Instant> started_at_;
    std::optional<Instant> seeds_pending_at_;  // the last time
    bool recluster_ = false;
    Ballot promised_when_asked_{};  // to recluster: others' changes may not be in a view that was promised before
    std::vector<Process> candidates_;
    bool graph_changed_ = true;  // since they were chosen
    std::vector<Process> last_view_;  // members of the view that was active last
    std::optional<Instant> stuck_since_;
    std::optional<Instant> wanted_since_;  // a proposal, by whoever is principal
    Ballot wanted_promised_;  // what was promised then
    Duration back_off_{};  // after a refusal that waiting alone can end
    Instant refused_until_{};
};

}  // namespace cairn::cluster
