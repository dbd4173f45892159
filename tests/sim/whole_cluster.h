#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/log/logger.h"
#include "node/node.h"
#include "tests/sim/world.h"

namespace cairn::sim {

/// Production nodes that form a cluster, each on a machine of its own, over the simulated network, clock and disk, with
/// one namespace in memory, "test", of two copies. Nodes count from 0. What it does to them is called from outside the
/// loops; what it tells may be asked anywhere.
class WholeCluster {
public:
    /// @param world  outlives this.
    WholeCluster(World& world, size_t nodes, const replication::ReplicationMutants& mutants);
    ~WholeCluster();

    void start(size_t node);
    /// The process ends without a word, and all its records with it.
    void kill(size_t node);
    /// It leaves in order, and all its records with it.
    void stop(size_t node);
    void pause(size_t node);
    void resume(size_t node);
    /// Nothing from it arrives at other nodes, and nothing of theirs at it. Clients reach it.
    void isolate(size_t node, bool out, bool in);
    /// The same comes to its end. Clients with a perfect map stay away until it is in the view of all.
    void rejoin(size_t node);

    size_t size() const { return members_.size(); }
    bool running(size_t node) const { return members_[node]->node != nullptr; }
    SimMachine& machine(size_t node) { return *members_[node]->machine; }
    runtime::Endpoint endpoint(size_t node) const { return {members_[node]->machine->address(), 3000}; }
    /// Where a client with a perfect map sends: the master of the highest regime, when it is not isolated.
    std::optional<size_t> master_of(PartitionId partition) const;
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
        std::vector<std::string> kept;
    };
    struct Member {
        SimMachine* machine;
        Lines lines;
        std::shared_ptr<const NodeConfig> config{};
        log::Logger logger{log::Format::text, log::Level::debug, lines};
        std::unique_ptr<Node> node{};
        bool disturbed = false;
        Instant disturbed_until{};
        bool isolated = false;
        bool rejoins = false;
    };
    const copies::Copies& copies_of(size_t node) const { return *members_[node]->node->state().copies[0]; }
    void disturb(size_t node, bool disturbed);
    std::optional<std::string> missing_view();
    std::optional<std::string> missing_copies();

    World& world_;
    const replication::ReplicationMutants mutants_;
    std::vector<std::unique_ptr<Member>> members_;
    std::optional<std::string> violation_;
};

}  // namespace cairn::sim
