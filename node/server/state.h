#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/log/logger.h"
#include "common/metrics/counter.h"
#include "node/config/node_config.h"
#include "node/copies/copies.h"
#include "node/partition/namespace.h"
#include "node/query/build_index.h"
#include "node/query/monitor.h"
#include "node/server/addresses.h"
#include "node/server/distribution.h"
#include "node/server/latency_window.h"
#include "node/server/load_progress.h"
#include "node/server/membership.h"
#include "node/server/migration_pace.h"
#include "node/server/user_agents.h"
#include "node/server/vitals.h"
#include "node/smd/messages.h"
#include "node/txn/checks.h"
#include "node/txn/command.h"
#include "node/udf/modules.h"

namespace cairn::server {

using metrics::Counter;
using metrics::Gauge;

/// What one worker counted of its connections. Names are those of the info command `statistics`.
struct NodeCounters {
    Counter client_connections_opened, client_connections_closed, reaped_fds;
    Counter demarshal_error, early_tsvc_client_error, info_complete;
    Counter batch_index_initiate, batch_index_complete, batch_index_error, batch_index_timeout, batch_index_delay;
    Counter connections_refused, input_overflows;  // ours
    metrics::Histogram batch_index_latency, info_latency;
};

/// Who this node is.
struct Identity {
    uint64_t node_id = 0;
    std::string node_name;  // node_id as upper-case hex
    std::string build;      // what clients choose their features by
    std::string version;    // ours
};

/// What all workers of a node share. Built before they start, destroyed after they stopped. Everything that changes is
/// atomic, behind a partition's door, or behind the lock named.
class State {
public:
    /// @param stores  by namespace; missing or nothing: in memory.
    State(Identity who, std::shared_ptr<const NodeConfig> settings, size_t worker_count, log::Logger& logger,
          Instant now, std::vector<std::unique_ptr<storage::Store>> stores = {});

    const Identity identity;
    log::Logger& log;
    const Instant started;
    std::vector<std::unique_ptr<partition::Namespace>> namespaces;
    query::Monitor queries;
    /// Registered scripts; null: they could not be read, and none can be registered.
    std::unique_ptr<udf::Modules> modules;

    partition::Namespace* find_namespace(std::string_view name) const {
        for (const auto& ns : namespaces) {
            if (txn::same_name(ns->name, name)) return ns.get();
        }
        return nullptr;
    }

    /// The configuration in force. Workers keep a copy of the pointer: it changes rarely.
    std::shared_ptr<const NodeConfig> config() const;
    /// Puts the configuration in force that `change` makes of the present one; one change at a time, so that none is
    /// lost. Levels of the log change at once; workers take it over when told (tell_workers).
    /// @param change  from a NodeConfig to an std::expected<NodeConfig, E>.
    /// @return  what `change` returned.
    template <class Change>
    auto change_config(Change&& change) {
        const std::lock_guard lock(changing_);
        auto changed = change(*config());
        if (changed) set_config(std::make_shared<const NodeConfig>(*changed));
        return changed;
    }
    /// Set by the node: makes every worker take over the configuration.
    std::function<void()> tell_workers = [] {};
    /// Set by the node: makes a truncation of a namespace on devices durable and puts it in force (Truncations::change).
    /// From any worker.
    std::function<Result<void>(std::atomic<uint64_t>& lut, uint64_t time)> keep_truncation;
    /// Set by the node: makes the evictions of namespaces on devices durable (Truncations::keep). From any worker.
    std::function<Result<void>()> keep_evictions = [] { return Result<void>(); };

    /// Set by the node: makes the definitions of a namespace's secondary indexes durable. From any worker.
    std::function<Result<void>(const partition::Namespace& ns, const std::string& text)> keep_indexes =
        [](const partition::Namespace&, const std::string&) { return Result<void>(); };
    /// Set by the node: begins to build a new index. From any worker.
    std::function<void(partition::Namespace& ns, std::shared_ptr<partition::SecondaryIndex> index)> build_index =
        [](partition::Namespace& ns, const auto& index) { query::build_small_index(ns, *index); };

    /// Set by the node when it is in a cluster: has all its nodes change system metadata; `done` runs once, on loop 0. From
    /// any thread. Nothing: this node is alone, and changes its own.
    std::function<void(smd::Change change, std::function<void(smd::Outcome)> done)> change_metadata;
    /// Likewise: the metadata that the nodes have. From any thread.
    std::function<std::shared_ptr<const smd::Map>()> metadata;

    /// Set by the node: passes a client's request on to another node; the answer comes to the worker whose number is in
    /// the upper 16 bits of `number`. Any thread.
    std::function<void(uint64_t node, uint64_t number, std::vector<uint8_t> frame)> pass_on;
    /// The other copies of its records; null: this node is alone.
    const copies::Copies* copies_of(const partition::Namespace& ns) const {
        return copies.empty() ? nullptr : copies[ns.index];
    }
    /// By namespace index; filled before the fabric starts, on loop 0, and not changed any more.
    std::vector<const copies::Copies*> copies;

    ServiceAddresses addresses() const;
    void set_addresses(ServiceAddresses told);

    std::vector<std::unique_ptr<Distribution>> distributions;  // by namespace index
    UserAgents user_agents;
    Membership membership;
    MigrationPace migrations;
    Vitals vitals;
    LatencyWindow latencies;

    std::atomic<uint32_t> open_connections{0};
    std::atomic<bool> ready{false};
    LoadProgress loading;
    std::atomic<uint32_t> rack_of_file{0};  // what `network.rack-id-file` says; 0: nothing
    /// The rack this node stands in, for one namespace.
    uint32_t rack_of(const NamespaceConfig& ns) const {
        return ns.rack_id != 0 ? ns.rack_id : rack_of_file.load(std::memory_order_relaxed);
    }
    /// One of each for every worker, in order; filled before the workers start.
    std::vector<const NodeCounters*> node_counters;
    std::vector<const std::vector<txn::NamespaceCounters>*> namespace_counters;

private:
    void set_config(std::shared_ptr<const NodeConfig> changed);

    std::mutex changing_;
    mutable std::mutex config_lock_;  // guards the two below
    ServiceAddresses addresses_;
    std::shared_ptr<const NodeConfig> config_;
};

}  // namespace cairn::server
