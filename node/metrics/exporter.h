#pragma once
#include <vector>

#include "common/metrics/text.h"
#include "node/metrics/snapshot.h"

namespace cairn::metrics {

/// The public exporter's metrics of a node, by its rules, so that its dashboards and alerts work unchanged: name =
/// `aerospike_` + context + `_` + key with `-`, `.` and space as `_`; booleans as 1 and 0; other texts left out; gauge
/// when the key has a `-` (`storage-engine` apart) or is in the exporter's list, else counter.
/// @return  families ordered by name, each name once.
std::vector<Family> exporter_families(const NodeSnapshot& node);

/// Histograms that the exporter cannot have: `cairn_<operation>_latency_seconds{ns=}`, cumulative since start.
std::vector<Family> native_families(const std::vector<LatencyTotal>& totals);

/// What writes to several copies took, `cairn_replication_<part>_seconds{ns=}`.
/// @param totals  their operations are the parts: local, network, replica_write.
std::vector<Family> replication_families(const std::vector<LatencyTotal>& totals);

/// What devices say, which the exporter has no names for: `cairn_storage_…{ns=}`.
std::vector<Family> storage_families(const std::vector<StorageTotal>& totals);

}  // namespace cairn::metrics
