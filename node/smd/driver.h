#pragma once
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>

#include "common/log/logger.h"
#include "node/fabric/fabric.h"
#include "node/fabric/latest_file.h"
#include "node/smd/machine.h"

namespace cairn::smd {

struct DriverSettings {
    std::string cluster_name{};
    cluster::NodeId self = 0;
    std::string path{};  // of the file that keeps the map
    MachineMutants mutants{};
};

/// Carries out what a node's Machine decides, on the links of the fabric, and keeps its map in a file. It stands between
/// the fabric and who serves: a view is told on when this node has the metadata of all its members. All on loop 0.
class Driver {
public:
    struct Callbacks {
        /// Puts these keys of the map in force, durably. Tried again each second when it fails.
        std::function<Result<void>(const Map&, std::span<const Key>)> apply;
        /// As fabric::Fabric::Callbacks::changed, when the node may serve so.
        std::function<void(const std::shared_ptr<const fabric::Standing>&)> changed;
    };

    /// @param machine, logger  outlive this.
    Driver(runtime::Machine& machine, DriverSettings settings, log::Logger& logger, Callbacks callbacks);
    ~Driver();

    /// Reads what was kept, adds to it, and puts all of it in force. Before the fabric starts; it outlives this.
    /// @param add_local  gives the map what the node has from before it was in a cluster, where it knows nothing later.
    /// @error  the file cannot be read, or is damaged; or what is in it cannot be put in force: the sentence names it.
    Result<void> start(fabric::Fabric& fabric, const std::function<void(Map&)>& add_local);
    /// All that is open is in doubt.
    void stop();

    // What the fabric tells; see fabric::Fabric::Callbacks.
    void accepted(const cluster::Formed& formed);
    void changed(const std::shared_ptr<const fabric::Standing>& standing);
    bool packet(cluster::NodeId from, const cluster::FrameHeader& header, Bytes body);

    /// Has all members change something. `done` runs on the loop, once, within some seconds.
    void change(Change change, std::function<void(Outcome)> done);

    /// As it is in force here, or about to be. From any thread; never null.
    std::shared_ptr<const Map> map() const;

private:
    void tick();
    void step(const Machine::Event& event);
    void on(const Machine::Send& send);
    void on(const Machine::Changed& changed);
    void on(const Machine::Ready& ready);
    void on(const Machine::Answer& answer);
    void apply();
    void tell_kept();
    void publish();
    void written(const Result<void>& outcome);

    runtime::Machine& machine_;
    runtime::Loop& loop_;
    const DriverSettings settings_;
    log::Logger& log_;
    const Callbacks callbacks_;
    fabric::LatestFile file_;
    std::unique_ptr<runtime::Timer> timer_;
    fabric::Fabric* fabric_ = nullptr;
    std::optional<Machine> smd_;  // from start() on
    bool stopped_ = false;

    struct Keeping {
        uint64_t number;
        bool durable;
    };
    std::deque<Keeping> keeping_;  // numbers of Changed
    std::set<Key> unapplied_;
    Instant applied_at_{};  // tried last
    bool apply_failed_ = false;  // likewise: said once
    bool write_failed_ = false;

    uint64_t tickets_ = 0;
    std::map<uint64_t, std::function<void(Outcome)>> asked_;

    std::shared_ptr<const fabric::Standing> waiting_;  // until this node has the metadata of all
    std::shared_ptr<const cluster::Formed> told_;  // the view that was told on

    mutable std::mutex mutex_;  // guards the one below
    std::shared_ptr<const Map> published_ = std::make_shared<const Map>();
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace cairn::smd
