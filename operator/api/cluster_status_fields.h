#pragma once
#include "operator/api/cluster_status.h"
#include "operator/api/common_fields.h"

// The declaration of CairnCluster.status. @see fields.h

namespace cairn::api {

inline const About kTime{.format = "date-time"};

template <class Visitor>
void fields(Visitor& visit, NodeCounts& counts) {
    visit("desired", counts.desired);
    visit("current", counts.current);
    visit("ready", counts.ready);
    visit("updated", counts.updated);
    visit("quiesced", counts.quiesced);
}

template <class Visitor>
void fields(Visitor& visit, RackStatus& rack) {
    visit("name", rack.name, {.required = true});
    visit("id", rack.id);
    visit("zone", rack.zone);
    visit("nodes", rack.nodes, {.text = "Counts."});
    visit("disruptionsAllowed", rack.disruptions_allowed);
}

template <class Visitor>
void fields(Visitor& visit, ClientEndpoint& endpoint) {
    visit("host", endpoint.host);
    visit("port", endpoint.port);
    visit("tlsName", endpoint.tls_name);
    visit("seeds", endpoint.seeds, {.items_max = 8});
}

template <class Visitor>
void fields(Visitor& visit, PartitionHealth& partitions) {
    visit("total", partitions.total);
    visit("unavailable", partitions.unavailable);
    visit("dead", partitions.dead);
    visit("underReplicated", partitions.under_replicated);
    visit("migrationsRemaining", partitions.migrations_remaining);
    visit("bytesRemaining", partitions.bytes_remaining);
}

template <class Visitor>
void fields(Visitor& visit, RosterStatus& roster) {
    visit("namespace", roster.space);
    visit("observed", roster.observed);
    visit("pending", roster.pending);
    visit("roster", roster.roster, {.items_max = 256});
}

template <class Visitor>
void fields(Visitor& visit, OperationProgress& operation) {
    visit("kind", operation.kind);
    visit("target", operation.target);
    visit("step", operation.step);
    visit("startedAt", operation.started_at, kTime);
    visit("waitingFor", operation.waiting_for);
    visit("attempts", operation.attempts);
    visit("nextAttemptAt", operation.next_attempt_at, kTime);
}

template <class Visitor>
void fields(Visitor& visit, StorageUse& storage) {
    visit("usedBytes", storage.used_bytes);
    visit("totalBytes", storage.total_bytes);
    visit("maxUsedPercent", storage.max_used_percent);
}

template <class Visitor>
void fields(Visitor& visit, CertificateStatus& certificates) {
    visit("notAfter", certificates.not_after, kTime);
    visit("serial", certificates.serial);
}

template <class Visitor>
void fields(Visitor& visit, LastBackup& backup) {
    visit("name", backup.name);
    visit("time", backup.time, kTime);
}

template <class Visitor>
void fields(Visitor& visit, ClusterStatus& status) {
    visit("observedGeneration", status.observed_generation);
    visit("phase", status.phase, {.text = "One word for humans; programs use conditions."});
    visit("conditions", status.conditions, kConditions);
    visit("size", status.size, {.text = "Nodes that exist and belong to the cluster (scale subresource)."});
    visit("readyNodes", status.ready_nodes);
    visit("updatedNodes", status.updated_nodes);
    visit("selector", status.selector, {.text = "Label selector in string form (scale subresource)."});
    visit("image", status.image);
    visit("version", status.version, {.text = "Server version reported by the nodes."});
    visit("currentRevision", status.current_revision);
    visit("updateRevision", status.update_revision);
    visit("lastGoodRevision", status.last_good_revision);
    visit("clusterKey", status.cluster_key, {.text = "Cluster key all nodes agree on."});
    visit("clusterUUID", status.cluster_uuid);
    visit("endpoint", status.endpoint, {.text = "Where applications connect."});
    visit("partitions", status.partitions, {.text = "Partition health, worst namespace."});
    visit("roster", status.roster, {.text = "Strong-consistency rosters.", .items_max = 32});
    visit("racks", status.racks, {.text = "Per rack.", .key = "name"});
    visit("operation", status.operation, {.text = "What the operator is doing right now and what it waits for."});
    visit("storage", status.storage, {.text = "Fullest node."});
    visit("certificates", status.certificates, {.text = "Certificate in use."});
    visit("lastBackup", status.last_backup, {.text = "Newest verified backup."});
    visit("operatorVersion", status.operator_version);
}

}  // namespace cairn::api
