#pragma once
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/log/logger.h"
#include "common/runtime/machine.h"
#include "node/config/load.h"
#include "node/config/node_config.h"
#include "node/copies/driver.h"
#include "node/fabric/fabric.h"
#include "node/metadata.h"
#include "node/rack_file.h"
#include "node/server/info/info.h"
#include "node/server/state.h"
#include "node/server/worker.h"
#include "node/smd/driver.h"
#include "node/truncations.h"

namespace cairn {

/// A database node on a machine, real or simulated. Builds all its parts in order and ends them in reverse.
class Node {
public:
    /// @param machine, logger  outlive the node.
    /// @param trial            what the simulation makes different; nothing in a real node.
    Node(runtime::Machine& machine, std::shared_ptr<const NodeConfig> config, log::Logger& logger,
         const copies::Trial& trial = {});
    ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    /// Opens the service port, and reads what devices hold while it answers with how far it is; then serves. Called
    /// before the loops run, or on loop 0.
    /// @param failed  runs on loop 0 when the devices cannot be read, or when another process turns out to have this
    ///                node's id: nothing is served any more.
    /// @error  names the device or address that cannot be used.
    Result<void> start(std::function<void(const Error&)> failed = [](const Error&) {});

    /// Refuses new connections, answers what is in flight, ends background work; `done` runs on loop 0. On loop 0.
    void stop(runtime::Work done);

    /// Whether stop() only waits for devices any more.
    bool drained() const { return drained_; }

    /// Takes over the dynamic parameters of `wanted`.
    config::Reloaded reload(const NodeConfig& wanted);

    server::State& state() { return *state_; }
    server::Info& info() { return *info_; }
    /// Where clients connect, with the ports in use.
    std::vector<runtime::Endpoint> endpoints() const;

    /// The id kept in the work directory, made on the first start; the configured one wins.
    static uint64_t choose_node_id(runtime::Machine& machine, const NodeConfig& config, log::Logger& logger);

private:
    static std::unique_ptr<udf::Modules> load_modules(runtime::Machine& machine, const NodeConfig& config,
                                                      log::Logger& logger);
    std::string index_path(const partition::Namespace& ns) const;
    Result<void> load_indexes();
    void build_index(partition::Namespace& ns, const std::shared_ptr<partition::SecondaryIndex>& index);
    Result<void> load_stores(runtime::Clock& clock);
    Result<void> load_store(partition::Namespace& ns, runtime::Clock& clock);
    void serve();
    void keep_copies();
    void share_metadata();
    void watch_rack_file();
    void pass_requests_on();
    bool take_request(cluster::NodeId from, const cluster::FrameHeader& header, Bytes body);
    Result<void> join_cluster();
    void drain(runtime::Work done);
    void close_stores(runtime::Work done);

    runtime::Machine& machine_;
    const copies::Trial trial_;
    Result<void> opened_;  // the devices: start() tells
    // Kept indexes, until their records are there. One that a client has made meanwhile is built already.
    std::vector<std::pair<partition::Namespace*, std::shared_ptr<partition::SecondaryIndex>>> to_build_;
    std::unique_ptr<server::State> state_;
    std::unique_ptr<Truncations> truncations_;
    std::unique_ptr<server::Info> info_;
    std::vector<std::unique_ptr<server::Worker>> workers_;
    std::vector<std::unique_ptr<runtime::Listener>> listeners_;
    std::unique_ptr<copies::Driver> copies_;  // none: the node is alone
    std::optional<Metadata> metadata_;  // likewise
    std::unique_ptr<smd::Driver> shared_;  // likewise: what keeps it the same on all nodes
    std::optional<RackFile> rack_file_;
    std::unique_ptr<fabric::Fabric> fabric_;  // none: the node is alone
    std::function<void(const Error&)> failed_;
    bool drained_ = false;  // no worker serves any more
    std::set<size_t> closed_;  // namespaces whose stores are closed, or about to be
};

/// Our own version, and the version of the protocol's original that clients take us for.
constexpr const char* kCairnVersion = "0.1.0";
constexpr const char* kProtocolBuild = "8.1.2.0";

}  // namespace cairn
