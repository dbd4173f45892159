#include "node/cluster_join.h"

#include <charconv>

namespace cairn {
namespace {

/// "host:port" or "[fd00::1]:port", as the configuration has checked it.
runtime::Endpoint parse_seed(const std::string& text) {
    const size_t colon = text.rfind(':');
    runtime::Endpoint seed{text.substr(0, colon), 0};
    if (seed.host.starts_with('[')) seed.host = seed.host.substr(1, seed.host.size() - 2);
    std::from_chars(text.data() + colon + 1, text.data() + text.size(), seed.port);
    return seed;
}

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> parts;
    for (size_t at = 0; at < list.size();) {
        const size_t comma = std::min(list.find(',', at), list.size());
        if (parts.size() < fabric::kEndpointsMax) parts.push_back(list.substr(at, comma - at));
        at = comma + 1;
    }
    return parts;
}

cluster::NamespaceReport report_of(const server::State& state, partition::Namespace& ns, runtime::Random& random,
                                   size_t partitions) {
    const auto config = state.config();
    const NamespaceConfig& settings = config->namespaces[ns.index];
    cluster::NamespaceReport said;
    // Nothing tells yet whether data is what it was when a view was stored: at each start it counts as new.
    said.data = {random.next(), random.next()};
    said.replication_factor = settings.replication_factor;
    said.rack = state.rack_of(settings);
    said.partitions.resize(partitions);
    for (size_t p = 0; p < partitions; ++p) {
        said.partitions[p].has_data = ns.partitions.with(
            static_cast<PartitionId>(p), [](partition::Partition& partition) { return partition.record_count() != 0; });
    }
    return said;
}

}  // namespace

fabric::FabricSettings fabric_settings(server::State& state, runtime::Random& random, const copies::Trial& trial) {
    const auto config = state.config();
    const HeartbeatConfig& heartbeat = config->network.heartbeat;
    fabric::FabricSettings settings;
    settings.cluster_name = config->service.cluster_name;
    settings.node_id = state.identity.node_id;
    for (const std::string& address : heartbeat.addresses) settings.listen.push_back({address, heartbeat.port});
    if (settings.listen.empty()) settings.listen.push_back({"0.0.0.0", heartbeat.port});
    for (const std::string& seed : heartbeat.mesh_seed_address_ports) settings.seeds.push_back(parse_seed(seed));
    settings.interval = std::chrono::milliseconds(heartbeat.interval_ms);
    settings.timeout = heartbeat.timeout;
    settings.connect_timeout = std::chrono::milliseconds(heartbeat.connect_timeout_ms);
    const auto addresses = state.addresses();
    settings.clients = {split(addresses.standard), split(addresses.alternate)};
    settings.state_path = config->service.work_directory + "/cluster-state";
    settings.addresses_path = config->service.work_directory + "/cluster-addresses";
    settings.queue_bytes = trial.queue_bytes;
    settings.report.quiesced = state.membership.view().quiesce_asked;
    for (const auto& ns : state.namespaces) {
        settings.report.namespaces[ns->name] = report_of(state, *ns, random, trial.partitions);
    }
    return settings;
}

copies::DriverSettings copies_settings(const server::State& state) {
    const auto config = state.config();
    copies::DriverSettings settings{.cluster_name = config->service.cluster_name, .self = state.identity.node_id};
    for (const NamespaceConfig& ns : config->namespaces) {
        settings.policies.push_back(ns.conflict_resolution_policy == ConflictResolution::generation
                                        ? replication::ConflictPolicy::generation
                                        : replication::ConflictPolicy::last_update_time);
    }
    return settings;
}

copies::Driver::TransferLimits transfer_limits(const NodeConfig& config) {
    constexpr uint32_t kOfOneThread = 64;
    const ServiceConfig& service = config.service;
    copies::Driver::TransferLimits limits;
    limits.at_once = static_cast<int>(service.migrate_threads * kOfOneThread);
    limits.bytes_per_second = service.migrate_bytes_per_second;
    limits.records_per_second = service.migrate_records_per_second;
    for (const NamespaceConfig& ns : config.namespaces) {
        const uint32_t delay_s = ns.ignore_migrate_fill_delay ? 0 : service.migrate_fill_delay_s;
        limits.namespaces.push_back({static_cast<uint8_t>(ns.migrate_order), std::chrono::seconds(delay_s)});
    }
    return limits;
}

void apply_to_fabric(const server::State& state, fabric::Fabric& fabric) {
    const auto config = state.config();
    const HeartbeatConfig& heartbeat = config->network.heartbeat;
    fabric.set_timing(std::chrono::milliseconds(heartbeat.interval_ms), heartbeat.timeout);
    for (const NamespaceConfig& ns : config->namespaces) fabric.set_rack(ns.name, state.rack_of(ns));
}

}  // namespace cairn
