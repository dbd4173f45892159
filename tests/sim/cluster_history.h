#pragma once
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "node/cluster/membership.h"
#include "tests/sim/cluster_checks.h"
#include "tests/sim/world.h"

namespace cairn::sim {

/// What nodes do with the views that they agree on. Plugged into a ClusterHistory, which plays the links, the processes
/// and the disks. Nodes are named by their index.
class ClusterData {
public:
    virtual ~ClusterData() = default;
    /// A process begins, on what its node has stored: says what there is.
    /// @param lost  nothing of the namespace is there any more.
    virtual void begin(size_t node, bool lost, cluster::NamespaceReport& said) = 0;
    virtual void end(size_t node) = 0;
    virtual void accept(size_t node, const cluster::Formed& formed) = 0;
    virtual void activate(size_t node, const cluster::Formed& formed) = 0;
    virtual void lose_view(size_t node) = 0;
    virtual void tick(size_t node) = 0;
    virtual void arrive(size_t node, cluster::NodeId from, Bytes frame) = 0;
};

struct ClusterShape {
    size_t nodes = 0;  // 0: 3 to 6, drawn
    cluster::ViewChangeMutants mutants = {};
    Duration trouble = 30s;
    bool faults = true;
    bool majority = false;  // `min-cluster-size`: views of fewer hold the available namespace
};

/// A history of one cluster: the machines of some nodes, in the scheduler's virtual time, on a network that delays, loses,
/// doubles and reorders what they say, and disks that are slow; processes that end, pause and come back with and without
/// what they stored. Messages go through the codec. After the trouble everything heals.
///
/// Records are sets of numbers, to see whether an acknowledged write can be lost: a master with a view of its own writes
/// to all copies in sync at once, if they all accept its view.
class ClusterHistory {
public:
    ClusterHistory(uint64_t seed, const ClusterShape& shape);
    ~ClusterHistory();

    /// @return  what went wrong first.
    std::optional<std::string> run();

    // For tests that make their own trouble.
    void start();
    void run_for(Duration time);
    void set_blocked(size_t from, size_t to, bool blocked);
    void kill(size_t node);
    void restart(size_t node);
    /// All living nodes are active in one view, which has exactly them, and nothing stands in its way.
    bool settled() const;
    bool settle_within(Duration time);
    const std::optional<std::string>& violation() const { return checks_.violation(); }
    size_t views() const { return checks_.views(); }
    std::shared_ptr<const cluster::Formed> active(size_t node) const;
    Instant now() const { return world_.scheduler_now(); }
    uint64_t trace_hash() { return world_.hash(); }

    // For ClusterData: the namespace "available".
    static constexpr size_t kPartitions = 4;
    static constexpr const char* kAvailable = "available";
    using Frame = std::shared_ptr<const std::vector<uint8_t>>;
    /// @param data  outlives this; before start().
    void attach(ClusterData& data) { data_ = &data; }
    size_t size() const { return nodes_.size(); }
    cluster::NodeId id_of(size_t node) const;
    size_t index_of(cluster::NodeId id) const;
    /// Whether its process runs, and is not paused.
    bool awake(size_t node) const;
    void send_data(size_t from, cluster::NodeId to, const Frame& frame);
    /// The Cfg is to be promised from now on, and stored; then `done` is called.
    /// @return  false: a newer view was promised, nothing changed.
    bool store_cfg(size_t node, size_t partition, const cluster::Cfg& cfg, std::function<void()> done);
    const cluster::Cfg& own_cfg(size_t node, size_t partition) const;
    void set_has_data(size_t node, size_t partition, bool has_data);
    Dice& dice() { return world_.world.dice(); }
    void after(Duration delay, std::function<void()> work);
    void violate(std::string what) { checks_.violate(std::move(what)); }
    bool run_until(const std::function<bool()>& done, Duration limit);
    void pause(size_t node, Duration time);
    void quiesce(size_t node, bool quiesced);
    void set_loss(uint64_t one_in) { lose_one_in_ = one_in; }
    void set_disk(size_t node, Duration write_max);
    void heal();

    struct Totals {
        size_t views = 0, kills = 0, wipes = 0, pauses = 0, splits = 0, lost_writes = 0, acknowledged = 0, adds = 0;
    };
    Totals totals() const;

private:
    struct Node;
    struct Clockwork {
        explicit Clockwork(uint64_t seed) : world(seed) {}
        World world;
        Instant scheduler_now() const { return world.now(); }
        uint64_t hash() { return world.trace_hash(); }
    };
    using Records = std::set<uint32_t>;

    void begin(Node& node);
    void tick(Node& node, uint64_t life);
    void give(Node& node, const cluster::Membership::Event& event);
    void perform(Node& node, cluster::Membership::Effects effects);
    void send(Node& from, Node& to, const Frame& frame);
    void arrive(Node& to, uint64_t from_number, const std::vector<uint8_t>& frame);
    void write(Node& node, std::function<void(cluster::DurableState&)> change, uint64_t number,
               std::function<void()> done = {});
    void write_next(Node& node, uint64_t life);
    void end_process(Node& node);

    void trouble();
    void use_data();
    void change_inside_view(Node& master, const std::string& name, size_t partition);
    bool can_write(const Node& master, const std::string& name, size_t partition) const;
    void note(std::string_view what, uint64_t a, uint64_t b = 0);
    Node& node_of(cluster::NodeId id);
    const Node& node_of(cluster::NodeId id) const;

    Clockwork world_;
    const ClusterShape shape_;
    ClusterChecks checks_;
    ClusterData* data_ = nullptr;
    std::vector<std::unique_ptr<Node>> nodes_;
    std::set<std::pair<size_t, size_t>> blocked_;
    Duration delay_max_;
    uint64_t lose_one_in_ = 0;
    Instant trouble_ends_{};
    bool healed_ = false;
    uint64_t random_ = 0;
    uint32_t writes_made_ = 0;
    std::map<size_t, Records> acknowledged_;  // SC, by partition
    Totals totals_;
};

}  // namespace cairn::sim
