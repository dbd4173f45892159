#pragma once
#include "operator/api/cluster_names.h"
#include "operator/api/common_fields.h"

// The declarations of what stores data. @see fields.h

namespace cairn::api {

template <class Visitor>
void fields(Visitor& visit, Volume& volume) {
    visit("name", volume.name, a_name("Volume name.", 30, true));
    visit("role", volume.role,
          {.text = "Data = namespace storage; Work = small persistent work directory (node id, cluster state, indexes' "
                   "definitions); Wal = separate commit log."});
    visit("volumeMode", volume.volume_mode,
          {.text = "Filesystem or Block.", .rules = {{"self == oldSelf", "volumeMode is immutable"}}});
    visit("size", volume.size,
          {.text = "Requested size. May only grow; grown online through the claim, no restart.",
           .required = true,
           .rules = {{"quantity(self).compareTo(quantity(oldSelf)) >= 0", "a volume can only grow"}}});
    visit("storageClassName", volume.storage_class,
          {.text = "Storage class; empty = cluster default. A change moves nodes one by one to new claims.",
           .length_max = 253});
    visit("accessModes", volume.access_modes, {.text = "Access modes.", .items_max = 2});
    visit("path", volume.path,
          {.text = "Mount path (Filesystem) or device path (Block).", .length_max = 512, .pattern = "^/.+"});
    visit("emptyDir", volume.empty_dir,
          {.text = "Ephemeral storage instead of a claim.", .rules = {{"self == oldSelf", "emptyDir is immutable"}}});
    visit("metadata", volume.metadata, {.text = "Extra labels and annotations."});
}

template <class Visitor>
void fields(Visitor& visit, Retention& retention) {
    visit("whenDeleted", retention.when_deleted, {.text = "What happens to claims when the CairnCluster is deleted."});
    visit("whenRemoved", retention.when_removed,
          {.text = "What happens to the claims of a node removed by scale-down, after its data has left."});
}

template <class Visitor>
void fields(Visitor& visit, LocalStorage& local) {
    static About class_name{.length_max = 253};
    visit("storageClasses", local.storage_classes,
          {.text = "Storage classes whose volumes die with their Kubernetes node. Empty = detect: the volume's node "
                   "affinity on kubernetes.io/hostname.",
           .items_max = 16,
           .set = true,
           .items = &class_name});
    visit("wipe", local.wipe, {.text = "How a block device is cleared before first use."});
}

template <class Visitor>
void fields(Visitor& visit, AutoGrow& grow) {
    visit("enabled", grow.enabled);
    visit("thresholdPercent", grow.threshold_percent, {.min = 50, .max = 95});
    visit("increment", grow.increment, {.text = "Absolute number of Gi or percent of the current size."});
    visit("maxSize", grow.max_size, {.text = "Upper bound of each volume."});
    visit("minInterval", grow.min_interval, {.text = "Shortest time between two growths of one volume."});
    visit.rule({"!has(self.enabled) || !self.enabled || has(self.maxSize)",
                "autoGrow.maxSize is required when autoGrow is enabled"});
}

template <class Visitor>
void fields(Visitor& visit, Storage& storage) {
    visit("volumes", storage.volumes,
          {.text = "Volumes of every node. Adding or removing a volume replaces nodes one by one.",
           .items_max = 16,
           .key = "name"});
    visit("retention", storage.retention, {.text = "Claim retention."});
    visit("local", storage.local, {.text = "Local storage."});
    visit("autoGrow", storage.auto_grow, {.text = "Grow claims by the servers' own disk-usage figures."});
    visit.rule({"!has(self.volumes) || self.volumes.filter(v, v.role == \"Work\").size() <= 1",
                "at most one volume may have role Work"});
}

template <class Visitor>
void fields(Visitor& visit, DataStorage& storage) {
    visit("engine", storage.engine, {.rules = {{"self == oldSelf", "storage.engine is immutable"}}});
    visit("volume", storage.volume, {.text = "Name of the volume used by File and Device.", .length_max = 30});
    visit("dataSize", storage.data_size, {.text = "Memory or file budget of each node."});
    visit("indexOn", storage.index_on, {.text = "Where the primary index lives."});
    visit.rule({"!has(self.engine) || self.engine == \"Memory\" || has(self.volume)",
                "storage.volume is required for File and Device"});
}

template <class Visitor>
void fields(Visitor& visit, DataNamespace& space) {
    visit("name", space.name,
          {.text = "Database namespace.",
           .required = true,
           .length_min = 1,
           .length_max = 31,
           .pattern = "^[a-zA-Z0-9_-]{1,31}$"});
    visit("replicationFactor", space.replication_factor, {.text = "Copies of every partition.", .min = 1, .max = 8});
    visit("strongConsistency", space.strong_consistency,
          {.text = "Strong consistency (roster-based).",
           .rules = {{"self == oldSelf", "strongConsistency is immutable"}}});
    visit("rackAware", space.rack_aware, {.text = "Place copies in different racks."});
    visit("storage", space.storage, {.text = "Storage engine."});
    visit("defaultTTL", space.default_ttl, {.text = "Default time to live; empty = never."});
    visit("config", space.config, {.text = "Further namespace parameters, checked against the server's own schema."});
}

}  // namespace cairn::api
