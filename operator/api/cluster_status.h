#pragma once
#include "operator/api/common.h"

namespace cairn::api {

enum class Phase : uint8_t {
    pending,
    creating,
    running,
    scaling,
    updating,
    healing,
    draining,
    paused,
    hibernated,
    deleting,
    failed
};
template <>
struct Names<Phase> {
    static constexpr std::string_view kAll[] = {"Pending",  "Creating", "Running",    "Scaling",  "Updating", "Healing",
                                                "Draining", "Paused",   "Hibernated", "Deleting", "Failed"};
};

struct NodeCounts {
    std::optional<int32_t> desired, current, ready, updated, quiesced;
    bool operator==(const NodeCounts&) const = default;
};

struct RackStatus {
    std::string name;
    std::optional<int32_t> id;
    std::string zone;
    NodeCounts nodes;
    std::optional<int32_t> disruptions_allowed;
    bool operator==(const RackStatus&) const = default;
};

struct ClientEndpoint {
    std::string host;
    std::optional<int32_t> port;
    std::string tls_name;
    std::vector<std::string> seeds;
    bool operator==(const ClientEndpoint&) const = default;
};

struct PartitionHealth {
    std::optional<int32_t> total, unavailable, dead, under_replicated;
    std::optional<int64_t> migrations_remaining, bytes_remaining;
    bool operator==(const PartitionHealth&) const = default;
};

struct RosterStatus {
    std::string space;
    std::optional<int32_t> observed, pending;
    std::vector<std::string> roster;
    bool operator==(const RosterStatus&) const = default;
};

/// What the operator is doing right now, and what it waits for.
struct OperationProgress {
    std::string kind;
    std::string target;
    std::string step;
    std::string started_at;
    std::string waiting_for;
    std::optional<int32_t> attempts;
    std::string next_attempt_at;
    bool operator==(const OperationProgress&) const = default;
};

struct StorageUse {
    std::optional<int64_t> used_bytes, total_bytes;
    std::optional<int32_t> max_used_percent;
    bool operator==(const StorageUse&) const = default;
};

struct CertificateStatus {
    std::string not_after;
    std::string serial;
    bool operator==(const CertificateStatus&) const = default;
};

struct LastBackup {
    std::string name;
    std::string time;
    bool operator==(const LastBackup&) const = default;
};

/// CairnCluster.status: what the operator sees.
struct ClusterStatus {
    std::optional<int64_t> observed_generation;
    std::optional<Phase> phase;
    std::vector<Condition> conditions;
    std::optional<int32_t> size, ready_nodes, updated_nodes;
    std::string selector;
    std::string image;
    std::string version;
    std::string current_revision, update_revision, last_good_revision;
    std::string cluster_key, cluster_uuid;
    std::optional<ClientEndpoint> endpoint;
    std::optional<PartitionHealth> partitions;
    std::vector<RosterStatus> roster;
    std::vector<RackStatus> racks;
    std::optional<OperationProgress> operation;
    std::optional<StorageUse> storage;
    std::optional<CertificateStatus> certificates;
    std::optional<LastBackup> last_backup;
    std::string operator_version;

    bool operator==(const ClusterStatus&) const = default;
};

/// @return  the condition of this type; nothing before it was ever set.
const Condition* find_condition(const std::vector<Condition>& conditions, std::string_view type);

}  // namespace cairn::api
