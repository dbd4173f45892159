#pragma once
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <variant>
#include <vector>

#include "node/cluster/table.h"
#include "node/replication/open_writes.h"
#include "node/replication/transfer.h"

namespace cairn::replication {

struct ReplicationSettings {
    ConflictPolicy policy = ConflictPolicy::generation;
    Duration resend_first = 250ms;  // doubles each time
    Duration resend_max = 2s;
    size_t resend_burst_max = SIZE_MAX;  // messages a step: 'throttled' retransmission
    size_t open_max = 4096;              // writes without all acknowledgements; beyond, a write is refused
    size_t resettle_max = 64;            // of them for a new master's own repetitions
    Duration strike = 1s;         // a copy that is being filled and says nothing for so long begins anew
    Duration retry = 1s;          // what failed is tried again
    Duration handover_wait = 20ms;  // new writes wait so long for the open ones
    Duration tell = 300ms;
    bool waits_for_grant = false;  // transfers begin with a Tick that says so, and not before
    TransferSettings transfer;
};

/// Faults for the simulation to find; all off in a real node.
struct ReplicationMutants {
    bool answer_early = false;        // before the copies have it
    bool no_view_check = false;       // a copy takes writes of masters from other views and regimes
    bool reversed_stamps = false;     // the older version stays
    bool drop_early = false;  // a copy leaves the list without having agreed, and erases before all targets are full
    bool add_early = false;  // in sync before all has come
    bool no_resettle = false;  // a new master leaves alone what may not be on all copies
    bool no_attempts = false;  // what was sent to fill a copy is taken in later attempts too
    bool settle_early = false;  // the mark passes what is still open
    bool forget_merge = false;  // a divergent copy is told it is merged before it was
};

/// One node's part in one partition: as master it gives stamps, sends writes to all copies in sync, fills and merges
/// others and changes the in-sync list; as a copy it takes what the master of its view says and nothing else
/// (docs/cluster.md, "Writes"). A machine: events of a turn and the time go in, effects come out, to be performed in
/// their order. Runs inside the partition's door.
class PartitionMachine {
public:
    /// From the membership: the fence. Messages of other views are refused from here on.
    struct ViewAccepted {
        Ballot view{};
        cluster::PartitionPlan plan{};
        Cfg own{};  // as this node has it stored now: of a line of its own while it is to be merged
        std::vector<cluster::Copy> copies{};  // of all members that have the namespace
    };
    struct ViewActive {
        Ballot view{};
    };
    struct ViewLost {};
    /// What the caller has written to the store in this step, after may_write() said yes. Its stamp is given here.
    struct Wrote {
        std::optional<Ticket> ticket{};
        Digest digest{};
        std::shared_ptr<Version> version{};  // its content may be left out while sends_writes() is false
        bool commit_all = true;  // commit level: answer when all copies in sync have it, or at once
    };
    /// The same, to be written to the store here.
    struct Put {
        Ticket ticket{};
        Digest digest{};
        Version version{};
        bool commit_all = true;
    };
    struct Arrived {
        NodeId from = 0;
        Ballot view{};  // of the sender
        Message message{};
        Duration held{};  // how long the sender had what it acknowledges
    };
    /// The answers to StoreCfg.
    struct CfgStored {
        uint64_t number = 0;
    };
    struct CfgRefused {  // a newer view was promised: no list changes any more
        uint64_t number = 0;
    };
    struct Tick {
        bool granted = false;  // a transfer may begin
    };
    using Event = std::variant<ViewAccepted, ViewActive, ViewLost, Wrote, Put, Arrived, CfgStored, CfgRefused, Tick>;

    struct Send {
        NodeId to = 0;
        Ballot view{};
        Message message{};
    };
    enum class Outcome : uint8_t {
        ok,
        in_doubt,  // it may be there now or later: a time-out to the client
        not_master,  // never applied, as all below
        moving,  // the partition changes its master: ask again at once
        overload,  // too many are open
    };
    struct Answer {
        uint64_t ticket = 0;
        Outcome outcome = Outcome::ok;
        Instant since{};   // when the write was sent to other copies; zero: it was not
        Duration held{};  // of that, how long the copy had it that was the last
    };
    /// To be promised with from now on, and stored; refused when a newer view was promised.
    struct StoreCfg {
        uint64_t number = 0;
        Cfg cfg{};
    };
    /// The partition's records are gone from here: it was a holder that is needed no more.
    struct Erased {};
    /// Sequences or hand-overs of this view run out.
    struct WantView {};
    using Effect = std::variant<Send, Answer, StoreCfg, Erased, WantView>;
    using Effects = std::vector<Effect>;

    /// @param store  outlives this. What it has from an earlier process counts as behind or divergent: which of it was
    ///               settled is not known any more.
    /// @param slots  outlive this; null: any number of copies may be filled and merged at once.
    PartitionMachine(NodeId self, RecordStore& store, const ReplicationSettings& settings = {},
                     const ReplicationMutants& mutants = {}, TransferSlots* slots = nullptr);

    Effects step(std::span<const Event> events, Instant now);
    Effects step(const Event& event, Instant now) { return step(std::span(&event, 1), now); }

    enum class Role : uint8_t { none, master, replica, other };
    /// none: outside any active view. other: a member that may not answer for the partition.
    Role role() const;
    Regime regime() const { return cfg_.regime; }
    const Cfg& cfg() const { return cfg_; }
    const cluster::PartitionPlan& plan() const { return plan_; }
    Stamp mark() const { return mark_; }
    /// Whether a write may be applied now, and why not: then nothing is to be done of it.
    Outcome may_write() const;
    /// Whether any other copy gets what is written now.
    bool sends_writes() const { return cfg_.insync.size() > 1 || (transfer_ && transfer_->purpose() == Purpose::fill); }
    /// Of the version here, deleted or not; nothing: it is settled, and matters to nobody any more.
    std::optional<Stamp> stamp_of(const Digest& digest) const;
    /// Whether a tick would do anything.
    bool rests() const { return rests_; }
    /// Whether all that a tick would do is say what is settled, and not often.
    bool only_tells() const { return calm_ && open_.empty(); }
    /// Gives the processor a hint that a write here follows.
    void prefetch() const;
    /// Whether this node fills, merges, drops or hands over the partition, or is about to be filled.
    bool migrating() const;
    /// Whether copies of this partition are to be filled or merged, and no slot was free for it.
    bool waits_for_slot() const { return waits_for_slot_ && leads(); }
    /// What is to move: lead (the wished master, or the second copy), of another line, or any other. In the order in which
    /// it is to be done.
    enum class Urgency : uint8_t { lead, merge, other };
    Urgency urgency() const;
    /// A transfer of this master, as it stands.
    struct Progress {
        NodeId other = 0;  // 0: none runs
        Purpose purpose = Purpose::fill;
        size_t buckets = 0;  // compared, of kBuckets
        uint64_t records = 0, bytes = 0;  // sent, or taken over
    };
    Progress progress() const;
    /// Whether a master fills or merges this copy.
    bool receives() const { return attempt_.second != 0 && !in_sync(self_); }
    bool transfers() const { return transfer_.has_value(); }
    /// Whether a copy without data waits until `migrate-fill-delay` is over.
    bool delayed() const { return delayed_; }
    /// Master: all targets and only they are in sync, everyone knows, all others are empty. Writes may be open.
    bool done() const;
    size_t unsettled() const { return unsettled_.size(); }
    const ReplicationCounters& counters() const { return counters_; }

private:
    struct Turn {
        Instant now;
        Effects& out;
        bool granted = false;
    };
    enum class Reason : uint8_t { told, added, merged, dropped, handed_over, became_master };
    struct Pending {
        uint64_t number = 0;
        Cfg cfg{};
        Reason reason = Reason::told;
        NodeId other = 0;
    };

    // partition_machine.cc: views, and what the in-sync list is.
    void on(const ViewAccepted& accepted, Turn& turn);
    void on(const ViewActive& active, Turn& turn);
    void on(const ViewLost&, Turn& turn);
    void on(const Arrived& arrived, Turn& turn);
    void on(const CfgStored& stored, Turn& turn);
    void on(const CfgRefused& refused, Turn& turn);
    void on(const Tick& tick, Turn& turn) { turn.granted |= tick.granted; }
    bool in_sync(NodeId node) const { return cfg_.copy_on(node) != nullptr; }
    bool is_target(NodeId node) const;
    bool leads() const;
    void send(Turn& turn, NodeId to, Message message) const { turn.out.push_back(Send{to, view_, std::move(message)}); }
    void answer(Turn& turn, const Ticket& ticket, Outcome outcome, Duration held = {}) const {
        turn.out.push_back(Answer{ticket.number, outcome, ticket.since, held});
    }
    void store_cfg(Turn& turn, Cfg cfg, Reason reason, NodeId other);
    void give_up_leading(bool stays, Turn& turn);
    void note_applied(Stamp stamp, const Digest& digest, Kind kind);
    void settle_up_to(Stamp mark);
    bool keeps_stamps() const;
    void prune_stamps();
    bool nothing_but_writes() const;
    bool nothing_to_do() const;

    // partition_writes.cc: the master's writes.
    void on(const Put& put, Turn& turn);
    void on(const Wrote& wrote, Turn& turn);
    void on(NodeId from, const ReplicaAck& ack, Duration held, Turn& turn);
    void on(NodeId from, const Stale& stale, Turn& turn);
    void on(NodeId from, const Unsettled& unsettled, Turn& turn);
    void write(const Digest& digest, std::shared_ptr<Version> version, std::optional<Ticket> ticket, bool commit_all,
               Turn& turn);
    bool resettle(const Digest& digest, std::optional<Ticket> ticket, Turn& turn);
    void work_on_writes(Turn& turn);
    void answer_expired(Turn& turn);
    Replica replica_for(NodeId node, const Digest& digest, const VersionRef& version) const;
    Stamp own_mark() const;
    Stamp last_stamp() const { return {cfg_.regime, sequence_}; }

    // partition_changes.cc: the master's fills, merges and changes of the in-sync list.
    void on(NodeId from, const Ready& ready, Turn& turn);
    void on(NodeId from, const ListPage& page, Turn& turn);
    void on(NodeId from, const FillAck& ack, Turn& turn);
    void on(NodeId from, const Fetched& fetched, Turn& turn);
    void on(NodeId from, const Told& told, Turn& turn);
    void on(NodeId from, const Released& released, Turn& turn);
    void work_on_changes(Turn& turn);
    void work_on_transfer(Turn& turn);
    void begin_transfer(NodeId other, Purpose purpose, Turn& turn);
    void end_transfer();
    const cluster::Migration* migration_to(NodeId node) const;
    bool delays(NodeId node, Instant now) const;
    bool hand_over(Turn& turn);
    Cfg next_cfg() const;
    bool tell_mark(Turn& turn);
    void tell(Turn& turn);
    std::vector<NodeId> listeners() const;
    std::vector<NodeId> holders_to_release() const;
    bool all_targets_in_sync() const;

    // partition_copy.cc: what a copy does with the master's messages.
    bool from_master(NodeId from, Regime regime, Turn& turn);
    bool in_attempt(Regime regime, uint32_t attempt) const;
    void on(NodeId from, const Replica& replica, Turn& turn);
    void on(NodeId from, const Settled& settled, Turn& turn);
    void on(NodeId from, const UnsettledHeard& heard, Turn& turn);
    void on(NodeId from, const Begin& begin, Turn& turn);
    void on(NodeId from, const ListAsk& ask, Turn& turn);
    void on(NodeId from, const FillRecord& fill, Turn& turn);
    void on(NodeId from, const Fetch& fetch, Turn& turn);
    void on(NodeId from, const Tell& tell, Turn& turn);
    void on(NodeId from, const Handover& handover, Turn& turn);
    void on(NodeId from, const Release& release, Turn& turn);
    bool take(const Digest& digest, const Version& version);
    void remove(const Digest& digest, Stamp stamp);
    bool apply(const Digest& digest, const Version& version);
    bool answer_fetch(NodeId from, const Fetch& fetch, Turn& turn);
    void report_unsettled(Turn& turn);
    std::vector<uint64_t> hashes() const;
    void work_as_copy(Turn& turn);

    // What each write looks at comes first and lies together: there are thousands of machines, and each is cold when its
    // turn comes.
    const NodeId self_;
    RecordStore& store_;
    bool active_ = false;
    bool fenced_ = false;  // master: somebody knows a newer view
    bool divergent_ = false;  // copy: of a line of its own, to be merged before it is anything else
    bool calm_ = false;  // there is nothing but writes to do, and nothing has come since that could change it
    bool rests_ = false;
    bool waits_for_slot_ = false;
    Regime regime_ = 0;  // the highest heard in this view
    uint32_t sequence_ = 0;
    Ballot view_{};
    Stamp mark_;
    Stamp mark_sent_;
    Instant mark_sent_at_{};
    uint32_t mark_repeats_ = 0;
    Instant told_at_{};
    std::optional<Instant> stopping_since_;  // no new writes, for a hand-over
    const ReplicationMutants mutants_;
    const ReplicationSettings settings_;
    Cfg cfg_{};
    cluster::PartitionPlan plan_{};
    OpenWrites open_;
    // The copy. These hold what `mark_` has not passed.
    std::map<Stamp, Digest> unsettled_;
    std::map<Stamp, Digest> deletes_;  // to be forgotten when they are settled
    struct Less {
        bool operator()(const Digest& a, const Digest& b) const { return Digest::compare_in_partition(a, b) < 0; }
    };
    std::map<Digest, Stamp, Less> stamps_;  // of what may still meet another version of itself
    // Writes of an earlier view, to be repeated in this one; clients wait for them until their time is over.
    std::vector<std::pair<std::optional<Ticket>, Digest>> carried_;

    // The view, and this partition in it.
    std::optional<Pending> pending_;
    uint64_t cfgs_stored_ = 0;
    std::vector<cluster::Copy> copies_;

    // The copy, when it is not in sync or newly is.
    CfgId line_{};
    Regime divergent_since_ = 0;
    std::pair<Regime, uint32_t> attempt_{};  // in which it is filled or merged
    struct Report {
        std::vector<Digest> digests{};
        uint32_t page = 0;
        Instant sent_at{};
    };
    std::optional<Report> report_;  // to the new master, until it has heard all
    /// What was not settled here when this copy fell behind. The master may have another version of one that looks equal: no
    /// content is compared, and calendars go backwards.
    std::set<Digest, Less> doubtful_;
    std::map<uint32_t, std::pair<NodeId, Fetch>> fetches_;  // of records that are being read, by number

    // The master, while something changes.
    std::map<NodeId, uint32_t> reports_due_;  // which page of whose report is next
    std::deque<Digest> to_settle_;
    std::optional<Transfer> transfer_;
    TransferSlots::Lease lease_;
    bool delayed_ = false;
    Instant accepted_at_{};
    uint32_t attempts_ = 0;
    std::map<NodeId, uint32_t> attempt_of_;  // the last, of each copy filled in this regime
    Stamp merged_last_;
    Instant retry_at_{};
    std::vector<NodeId> merged_;
    std::optional<Cfg> dropping_;  // told to the copy that is to leave, not adopted yet
    NodeId dropped_ = 0;
    Instant handover_at_{};
    std::optional<Handover> handing_over_;  // until the new master has it
    std::set<NodeId> told_;
    std::set<NodeId> released_;

    ReplicationCounters counters_;
    TransferSlots* const slots_;
};

}  // namespace cairn::replication
