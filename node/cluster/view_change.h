#pragma once
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "common/base/time.h"
#include "node/cluster/messages.h"
#include "node/cluster/table.h"

namespace cairn::cluster {

/// What a node keeps over restarts, beside its records. Lost together: then the node has another incarnation.
struct DurableState {
    Incarnation incarnation;
    Ballot promised;
    View view;          // last accepted
    NodeReport report;  // its Cfgs are those last stored

    bool operator==(const DurableState&) const = default;
};

/// A view that was agreed, and all that follows from it.
struct Formed {
    View view;
    Reports reports;
    Table table;
};

struct ViewChangeSettings {
    Duration answer = 1500ms;  // who does not answer a proposal's step for so long is left out of the next
    Duration resend = 300ms;
    Duration resend_for = 6s;  // then a proposal has failed, and another one will come
};

/// Faults for the simulation to find; all off in a real node.
struct ViewChangeMutants {
    bool promise_before_durable = false;
    bool ignore_boot = false;
    bool active_without_one = false;
    bool lower_ballot = false;
};

/// Agreement on a view: Gather, Prepare and Promise, Accept, Active (docs/cluster.md, "View change"). Each member makes
/// the same table from the promises of all; none serves before all have stored it. A machine: messages, completed
/// writes and ticks go in, effects come out.
class ViewChange {
public:
    struct Send {
        NodeId to;
        Message message;
    };
    /// To be durable before Persisted comes back with the number; in the order of the numbers.
    struct PersistPromise {
        uint64_t number;
        Ballot promised;
    };
    struct PersistView {
        uint64_t number;
        View view;
        std::shared_ptr<const NodeReport> report;
    };
    /// The fence: from now on all older regimes are refused. Masters that changed wait for ViewActive.
    struct ViewAccepted {
        std::shared_ptr<const Formed> formed;
    };
    struct ViewActive {
        std::shared_ptr<const Formed> formed;
    };
    /// Members computed different tables: different programs, or a bug. The view does not become active.
    struct TablesDiffer {
        Ballot ballot;
        NodeId other;
    };
    struct ProposalFailed {
        Ballot ballot;  // none: nobody was asked to promise yet
        std::vector<Member> silent;  // did not answer in time
        std::optional<Refuse::Reason> refused;
    };
    using Effect =
        std::variant<Send, PersistPromise, PersistView, ViewAccepted, ViewActive, TablesDiffer, ProposalFailed>;
    using Effects = std::vector<Effect>;

    /// @param durable  as stored, with what is known of the data now: trusted or not, its incarnations.
    ViewChange(NodeId id, Boot boot, DurableState durable, ViewChangeSettings settings,
               const ViewChangeMutants& mutants = {});

    const Member& self() const { return self_; }
    /// What the next promise says; attributes may change at any time.
    const NodeReport& report() const { return report_; }
    void set_quiesced(bool quiesced) { report_.quiesced = quiesced; }
    void set_rack(const std::string& name, uint32_t rack) { report_.namespaces.at(name).rack = rack; }
    /// The partition's Cfg was changed inside the view, by its master: only while not frozen.
    void set_cfg(const std::string& name, PartitionId partition, Cfg cfg);
    void set_has_data(const std::string& name, PartitionId partition, bool has_data);

    Ballot promised() const { return promised_; }
    /// Of this process, or none; it may not be active yet.
    const View& accepted() const { return accepted_view_; }
    /// The view that this node serves in, or none.
    std::shared_ptr<const Formed> active() const { return active_; }
    /// A newer view was promised: no in-sync list of the present one changes any more.
    bool frozen() const { return !active_ || promised_ != active_->view.ballot; }
    bool proposing() const { return proposal_.has_value(); }
    const std::vector<Member>& proposed() const { return proposal_->view.members; }

    /// Begins a proposal; one under way is given up.
    /// @param members  this one among them.
    /// @param heard    the highest ballot heard of.
    Effects propose(std::vector<Member> members, Ballot heard, Instant now);
    void abandon() { proposal_.reset(); }
    /// Others have gone on without this node.
    void leave_view() {
        active_.reset();
        accepting_.reset();
    }
    Effects receive(NodeId from, const Message& message, Instant now);
    Effects persisted(uint64_t number, Instant now);
    Effects tick(Instant now);

private:
    /// A view on its way, at a member.
    struct Round {
        View view{};
        Instant since{};
        std::shared_ptr<const NodeReport> own_report{};
        bool promise_durable = false;
        Reports promises{};
        std::map<NodeId, uint64_t> accepted{};  // table hashes
        std::shared_ptr<const Formed> formed{};
        bool accept_durable = false;
        bool differs = false;
    };
    struct Proposal {
        enum class Phase : uint8_t { gathering, preparing };
        Phase phase = Phase::gathering;
        uint64_t number = 0;
        View view{};  // ballot: when preparing
        Ballot highest{};
        Instant since{};
        std::set<NodeId> answered{};
    };

    void on(NodeId from, const Gather& gather, Effects& out);
    void on(NodeId from, const Gathered& gathered, Instant now, Effects& out);
    void on(NodeId from, const Refuse& refuse, Effects& out);
    void on(NodeId from, const Prepare& prepare, Instant now, Effects& out);
    void on(NodeId from, const Promise& promise, Effects& out);
    void on(NodeId from, const Accepted& accepted, Effects& out);
    void on(NodeId from, const Missing& missing, Effects& out);

    void prepare(Instant now, Effects& out);
    Round* round(Ballot ballot);
    bool names(const Round& round, const Member& member) const;
    bool names_us(const std::vector<Member>& members) const;
    void promise_to_all(Round& round, Effects& out);
    void accept_when_complete(Effects& out);
    void activate_when_complete(Effects& out);
    void store_cfgs(const Table& table);
    void send_to_others(const Round& round, const Message& message, Effects& out) const;
    void fail_proposal(std::vector<Member> silent, std::optional<Refuse::Reason> refused, Effects& out);
    void resend(Instant now, Effects& out);
    void keep_early(NodeId from, Ballot ballot, const Message& message);

    const Member self_;
    const ViewChangeSettings settings_;
    const ViewChangeMutants mutants_;
    NodeReport report_;
    Ballot promised_;
    View accepted_view_;
    std::optional<Round> promising_;  // the view promised last, until it is accepted
    std::optional<Round> accepting_;  // the view accepted last, kept for those who ask
    std::shared_ptr<const Formed> active_;
    std::optional<Proposal> proposal_;
    // Of the highest ballot whose Prepare has not come yet.
    Ballot early_ballot_;
    std::vector<std::pair<NodeId, Message>> early_;
    uint64_t writes_ = 0;
    std::map<uint64_t, Ballot> promises_written_;
    std::map<uint64_t, Ballot> views_written_;
    uint64_t gathers_ = 0;
    Instant resent_at_{};
};

}  // namespace cairn::cluster
