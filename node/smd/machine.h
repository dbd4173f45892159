#pragma once
#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "common/base/time.h"
#include "node/smd/messages.h"

namespace cairn::smd {

struct MachineSettings {
    Duration resend = 300ms;
    Duration patience = 5s;  // with what was asked for; then it is in doubt
};

/// Faults for the simulation to find; all off in a real node.
struct MachineMutants {
    bool answers_before_all = false;     // the principal does not wait for the others
    bool answers_before_durable = false;  // a copy counts before it is stored
    bool serves_before_all = false;       // nobody waits for what the others have
    bool same_version = false;            // a change does not get a higher version
    bool repeats_requests = false;        // a request that comes again is done again
};

/// One node's part in keeping system metadata the same on all members of a view (docs/cluster.md, "System metadata"). With
/// each view all tell each other what they have, and take over what they lack; who has not everything does not serve. The
/// principal gives each change a version, and answers when all members have stored it. A machine, as the cluster's:
/// `step(event, now)` gives effects, which the caller performs in their order. Ticks come at least ten times a second.
class Machine {
public:
    /// A view that its members have promised and this node has accepted: nothing of an older one counts any more.
    struct ViewAccepted {
        cluster::Ballot view;
        std::vector<cluster::NodeId> members;  // ascending; the last is the principal
    };
    struct ViewLost {};
    struct Arrived {
        cluster::NodeId from;
        Message message;
    };
    /// What Changed with this number told is in force, and the map as it was then is durable.
    struct Kept {
        uint64_t number;
    };
    /// A client asks for a change.
    struct Wanted {
        uint64_t ticket;
        Change change;
    };
    struct Tick {};
    using Event = std::variant<ViewAccepted, ViewLost, Arrived, Kept, Wanted, Tick>;

    struct Send {
        cluster::NodeId to;
        Message message;
    };
    /// These keys have other values, to be put in force, and the map is to be stored; in the order of the numbers.
    struct Changed {
        uint64_t number;
        std::vector<Key> keys;
    };
    /// This node has all that the members of the view have: it may serve.
    struct Ready {
        cluster::Ballot view;
    };
    struct Answer {
        uint64_t ticket;
        Outcome outcome;
    };
    using Effect = std::variant<Send, Changed, Ready, Answer>;
    using Effects = std::vector<Effect>;

    /// @param stored  what the node had.
    Machine(cluster::NodeId self, Map stored, MachineSettings settings = {}, const MachineMutants& mutants = {})
        : self_(self), settings_(settings), mutants_(mutants), map_(std::move(stored)) {}

    Effects step(const Event& event, Instant now);
    const Map& map() const { return map_; }
    cluster::Ballot view() const { return view_; }
    bool ready() const { return ready_; }
    /// Of this node's clients.
    size_t open_requests() const { return requests_.size(); }

    static constexpr size_t kRequestsMax = 256;  // open at once, of one node's clients; more are in doubt at once

private:
    using NodeId = cluster::NodeId;
    struct Request {  // of a client of this node
        uint64_t ticket;
        Change change;
        Instant since;
        bool sent = false;
    };
    struct Operation {  // of the principal
        NodeId asker;
        uint64_t request;
        std::set<NodeId> waits_for;
        Entries entries;
    };

    void on(const ViewAccepted& accepted, Instant now, Effects& out);
    void on(const ViewLost&, Instant now, Effects& out);
    void on(const Arrived& arrived, Instant now, Effects& out);
    void on(const Kept& kept, Instant now, Effects& out);
    void on(const Wanted& wanted, Instant now, Effects& out);
    void on(const Tick&, Instant now, Effects& out);

    void receive(NodeId from, const Have& have, Effects& out);
    void receive(NodeId from, const Want&, Effects& out);
    void receive(NodeId from, const Whole& whole, Effects& out);
    void receive(NodeId from, const Ask& ask, Effects& out);
    void receive(NodeId from, const Answered& answered, Effects& out);
    void receive(NodeId from, const Store& store, Effects& out);
    void receive(NodeId from, const Stored& stored, Effects& out);

    NodeId principal() const { return members_.empty() ? 0 : *members_.rbegin(); }
    void leave_view(Effects& out);
    void send(NodeId to, Body body, Effects& out) const { out.push_back(Send{to, {view_, std::move(body)}}); }
    void look(Effects& out);
    /// @return  the number under which Kept will come.
    uint64_t merge(const Entries& entries, Effects& out);
    Version next_version(const Entry* present);
    std::optional<Outcome> objection(const Change& change) const;
    void begin(NodeId asker, uint64_t request, const Change& change, Effects& out);
    void stored(uint64_t operation, NodeId by, Effects& out);
    void finish(NodeId asker, uint64_t request, Outcome outcome, Effects& out);
    void ask_principal(uint64_t number, Effects& out);
    void ask_for_all(Effects& out);
    void resend(Effects& out);

    const NodeId self_;
    const MachineSettings settings_;
    const MachineMutants mutants_;
    Map map_;
    uint64_t changes_ = 0;
    uint64_t requests_made_ = 0;
    std::map<uint64_t, Request> requests_;
    Instant resent_at_{};

    // Of the present view.
    cluster::Ballot view_;
    std::set<NodeId> members_;
    std::set<NodeId> merged_;  // this node has what they had
    std::optional<NodeId> wanted_from_;  // whose map was asked for
    bool ready_ = false;
    uint32_t sequence_ = 0;
    uint64_t operations_begun_ = 0;
    std::map<uint64_t, Operation> operations_;
    std::map<std::pair<NodeId, uint64_t>, Outcome> finished_;  // requests, by asker: they may be repeated
    std::map<uint64_t, std::pair<NodeId, uint64_t>> to_tell_;  // of what is being kept: who waits, for which operation

    std::map<NodeId, std::pair<cluster::Ballot, uint64_t>> said_;  // what each node said last: view and hash
};

}  // namespace cairn::smd
