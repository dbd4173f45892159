#pragma once
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "common/log/logger.h"
#include "node/node.h"
#include "tests/sim/cluster_shape.h"
#include "tests/sim/world.h"

namespace cairn::sim {

/// Production nodes that form a cluster, each on a machine of its own, over the simulated network, clock and disk, with
/// one namespace, "test". Nodes count from 0; those that were started are members until they leave(). What it does to
/// them is called from outside the loops; what it tells may be asked anywhere.
class WholeCluster {
public:
    /// @param world  outlives this.
    WholeCluster(World& world, const ClusterShape& shape);
    ~WholeCluster();

    void start(size_t node);
    /// The process ends without a word; what it kept on files stays.
    void kill(size_t node);
    /// The same to its machine: of what was not synced, some is lost.
    void crash(size_t node);
    /// It ends in order.
    void stop(size_t node);
    /// It has ended, and gets an empty disk.
    void wipe(size_t node);
    /// It has ended, and is not expected back.
    void leave(size_t node) { members_[node]->member = false; }
    void pause(size_t node);
    void resume(size_t node);
    /// Nothing from it arrives at other nodes, and nothing of theirs at it. Clients reach it.
    void isolate(size_t node, bool out, bool in);
    /// All arrives again for a moment; it is isolated all the same.
    void unblock(size_t node);
    /// The same comes to its end. Clients with a perfect map stay away until it is in the view of all.
    void rejoin(size_t node);
    /// In force with the next recluster().
    void quiesce(size_t node, bool quiesced);
    void recluster();
    /// It finds itself in this rack.
    void set_rack(size_t node, size_t rack);

    size_t partitions() const { return shape_.trial.partitions; }
    const ClusterShape& shape() const { return shape_; }
    size_t member_count() const;
    bool member(size_t node) const { return members_[node]->member; }
    size_t size() const { return members_.size(); }
    bool running(size_t node) const { return members_[node]->node != nullptr; }
    SimMachine& machine(size_t node) { return *members_[node]->machine; }
    runtime::Endpoint endpoint(size_t node) const { return {members_[node]->machine->address(), 3000}; }
    /// Where a client with a perfect map sends: the master of the highest regime, when it is not isolated.
    std::optional<size_t> master_of(PartitionId partition) const;
    /// Any that is there, awake and not isolated, and was all the time since the copies were complete.
    std::optional<size_t> any_steady_node();
    /// Whether nobody has done anything to the node since.
    bool undisturbed_since(size_t node, Instant when) const;

    /// All nodes are in one view, and no copy is missing or moving; writes may be open.
    bool has_all_copies();
    /// All nodes are in one view, each partition has all its copies, and nothing is open, moving or to be told.
    bool complete() { return !incomplete(); }
    bool complete_within(Duration time);
    /// What there is to be done, in words.
    std::optional<std::string> incomplete();
    /// Compares the copies: those in sync are equal, and nobody else has any.
    void check_copies();

    /// Looks whether two nodes are master in one regime of one view.
    void check_masters();

    /// The first one stays.
    void violate(std::string what);
    const std::optional<std::string>& violation() const { return violation_; }

private:
    /// Lines of all nodes, with the time of the world.
    struct Lines final : log::Sink {
        Lines(World& of, size_t node) : world(of), index(node) {}
        void write(std::string_view line) override;
        World& world;
        const size_t index;
        std::deque<std::string> kept;
    };
    struct Member {
        SimMachine* machine;
        Lines lines;
        std::shared_ptr<const NodeConfig> config{};
        log::Logger logger{log::Format::text, log::Level::debug, lines};
        std::unique_ptr<Node> node{};
        size_t rack = 1;
        bool member = false;
        bool disturbed = false;
        Instant disturbed_until{};
        bool isolated = false;
        bool rejoins = false;
    };
    const copies::Copies& copies_of(size_t node) const { return *members_[node]->node->state().copies[0]; }
    void end(size_t node, bool power_lost);
    void disturb(size_t node, bool disturbed);
    cluster::Ballot view_of(size_t node) const;
    cluster::Ballot last_view() const;
    std::optional<std::string> missing_view();
    std::optional<std::string> missing_copies();

    World& world_;
    const ClusterShape shape_;
    Instant complete_at_{};
    /// By partition, regime and cluster key.
    std::map<std::tuple<size_t, cluster::Regime, uint64_t>, size_t> masters_;
    std::vector<std::unique_ptr<Member>> members_;
    bool wants_recluster_ = false;  // somebody is quiesced, or not any more
    std::optional<std::string> violation_;
};

}  // namespace cairn::sim
