#pragma once
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/log/memory_sink.h"
#include "node/fabric/fabric.h"
#include "tests/sim/world.h"

namespace cairn::sim {

struct FabricShape {
    size_t nodes = 0;         // 0: 2 to 5, drawn
    bool by_name = false;     // seeds: one name that stands for all nodes; else addresses of some
    fabric::FabricMutants mutants = {};
    Duration trouble = 20s;
};

/// What stands on a fabric, one for each node that runs.
class FabricGuest {
public:
    virtual ~FabricGuest() = default;
    /// Before the fabric is made.
    virtual void begin(size_t node, fabric::Fabric::Callbacks& told) = 0;
    /// Before it starts.
    virtual Result<void> start(size_t node, fabric::Fabric& fabric) = 0;
    /// The process has ended.
    virtual void end(size_t node) = 0;
    /// Its disk forgets.
    virtual void wipe(size_t node) = 0;
};

/// The fabrics of some nodes, each on a machine of its own, over the simulated network and disks: connections that are
/// slow, cut, blocked one way and both; processes that end and come back, with and without what they stored.
class FabricHistory {
public:
    /// @param guest  outlives this; null: none.
    FabricHistory(uint64_t seed, const FabricShape& shape, FabricGuest* guest = nullptr);
    ~FabricHistory();

    /// @return  what went wrong first.
    std::optional<std::string> run();

    // For tests that make their own trouble. Nodes count from 0; their ids from 1.
    void start();
    void begin(size_t node);
    /// Only the process ends.
    void kill(size_t node);
    void restart(size_t node);
    /// Its disk forgets; the process is not running.
    void wipe(size_t node);
    void trouble();
    void heal();
    bool settled() const;
    bool settle_within(Duration time);
    size_t size() const { return nodes_.size(); }
    World& world() { return world_; }
    SimMachine& machine(size_t node) { return *nodes_[node]->machine; }
    fabric::Fabric& fabric(size_t node) { return *nodes_[node]->fabric; }
    fabric::FabricSettings& settings(size_t node) { return nodes_[node]->settings; }
    /// Lines of its log that contain `text`.
    size_t logged(size_t node, std::string_view text) const;
    /// What the fabric told when it had to end; nothing: it did not.
    const std::optional<std::string>& duplicate(size_t node) const { return nodes_[node]->duplicate; }
    const std::string& start_error(size_t node) const { return nodes_[node]->start_error; }
    const std::optional<std::string>& violation() const { return violation_; }
    uint64_t kills() const { return kills_; }
    static std::string path() { return "/state/cluster"; }
    static std::string addresses_path() { return "/state/addresses"; }

private:
    struct Node {
        SimMachine* machine;
        fabric::FabricSettings settings;
        log::MemorySink lines;
        log::Logger logger{log::Format::text, log::Level::info, lines};
        std::unique_ptr<fabric::Fabric> fabric;
        std::optional<std::string> duplicate;
        std::string start_error;
        bool running = false;
        std::set<cluster::Incarnation> lost{};  // that its disk has forgotten
    };
    void became_active(const cluster::Formed& formed);

    World world_;
    const FabricShape shape_;
    FabricGuest* const guest_;
    std::vector<std::unique_ptr<Node>> nodes_;
    std::map<cluster::Ballot, std::pair<cluster::View, uint64_t>> views_;
    std::set<std::pair<size_t, size_t>> blocked_;
    std::optional<std::string> violation_;
    uint64_t kills_ = 0;
};

}  // namespace cairn::sim
