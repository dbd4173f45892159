#include "node/metrics/gauges.h"

#include <algorithm>
#include <span>

namespace cairn::metrics {
namespace {

// By the captures and tables of the exporter 1.34.0; in order, for the search.
constexpr std::string_view kNode[] = {
    "admin_connections",
    "batch_index_proto_compression_ratio",
    "batch_index_proto_uncompressed_pct",
    "batch_index_unused_buffers",
    "client_connections",
    "cluster_clock_skew_ms",
    "cluster_clock_skew_stop_writes_sec",
    "cluster_integrity",
    "cluster_is_member",
    "cluster_max_compatibility_id",
    "cluster_min_compatibility_id",
    "cluster_size",
    "fabric_bulk_recv_rate",
    "fabric_bulk_send_rate",
    "fabric_connections",
    "fabric_ctrl_recv_rate",
    "fabric_ctrl_send_rate",
    "fabric_meta_recv_rate",
    "fabric_meta_send_rate",
    "fabric_rw_recv_rate",
    "fabric_rw_send_rate",
    "failed_best_practices",
    "heap_active_kbytes",
    "heap_allocated_kbytes",
    "heap_efficiency_pct",
    "heap_mapped_kbytes",
    "heap_site_count",
    "heartbeat_connections",
    "host_free_mem_kbytes",
    "host_free_mem_pct",
    "info_queue",
    "long_queries_active",
    "migrate_allowed",
    "migrate_partitions_remaining",
    "objects",
    "process_cpu_pct",
    "proxy_in_progress",
    "rw_in_progress",
    "system_free_mem_kbytes",
    "system_free_mem_pct",
    "system_kernel_cpu_pct",
    "system_thp_mem_kbytes",
    "system_total_cpu_pct",
    "system_user_cpu_pct",
    "threads_detached",
    "threads_joinable",
    "threads_pool_active",
    "threads_pool_total",
    "time_since_rebalance",
    "tombstones",
    "tree_gc_queue",
    "uptime",
};
constexpr std::string_view kNamespace[] = {
    "appeals_rx_active",
    "appeals_tx_active",
    "appeals_tx_remaining",
    "auto_revived_partitions",
    "cache_read_pct",
    "clock_skew_stop_writes",
    "current_time",
    "data_avail_pct",
    "data_compression_ratio",
    "data_total_bytes",
    "data_used_bytes",
    "data_used_pct",
    "dead_partitions",
    "effective_active_rack",
    "effective_is_quiesced",
    "effective_prefer_uniform_balance",
    "effective_replication_factor",
    "evict_ttl",
    "evict_void_time",
    "fail_mrt_blocked",
    "fail_mrt_version_mismatch",
    "geo_region_query_falsepos",
    "geo_region_query_points",
    "hwm_breached",
    "index_flash_alloc_bytes",
    "index_flash_alloc_pct",
    "index_mounts_used_pct",
    "index_used_bytes",
    "indexes_memory_used_pct",
    "master_objects",
    "master_tombstones",
    "migrate_fresh_partitions",
    "migrate_rx_instances",
    "migrate_rx_partitions_active",
    "migrate_rx_partitions_initial",
    "migrate_rx_partitions_remaining",
    "migrate_signals_active",
    "migrate_signals_remaining",
    "migrate_tx_instances",
    "migrate_tx_partitions_active",
    "migrate_tx_partitions_imbalance",
    "migrate_tx_partitions_initial",
    "migrate_tx_partitions_lead_remaining",
    "migrate_tx_partitions_remaining",
    "mrt_monitor_roll_back_error",
    "mrt_monitor_roll_back_success",
    "mrt_monitor_roll_back_timeout",
    "mrt_monitor_roll_forward_error",
    "mrt_monitor_roll_forward_success",
    "mrt_monitor_roll_forward_timeout",
    "mrt_monitor_roll_tombstone_creates",
    "mrt_monitors",
    "mrt_monitors_active",
    "mrt_provisionals",
    "mrt_roll_back_error",
    "mrt_roll_back_success",
    "mrt_roll_back_timeout",
    "mrt_roll_forward_error",
    "mrt_roll_forward_success",
    "mrt_roll_forward_timeout",
    "mrt_verify_read_error",
    "mrt_verify_read_success",
    "mrt_verify_read_timeout",
    "nodes_quiesced",
    "non_expirable_objects",
    "non_replica_objects",
    "non_replica_tombstones",
    "ns_cluster_size",
    "nsup_cycle_deleted_pct",
    "nsup_cycle_duration",
    "objects",
    "pending_quiesce",
    "prole_objects",
    "prole_tombstones",
    "query_proto_compression_ratio",
    "query_proto_uncompressed_pct",
    "record_proto_compression_ratio",
    "record_proto_uncompressed_pct",
    "set_index_used_bytes",
    "sindex_mounts_used_pct",
    "sindex_used_bytes",
    "smd_evict_void_time",
    "stop_writes",
    "tombstones",
    "truncate_lut",
    "truncating",
    "ttl_reductions_applied",
    "ttl_reductions_ignored",
    "unavailable_partitions",
    "unreplicated_records",
    "write_amplification",
    "xdr_bin_cemeteries",
    "xdr_tombstones",
    "xmem_id",
};
constexpr std::string_view kSets[] = {
    "data_used_bytes", "index_populating", "objects", "sindexes", "tombstones", "truncate_lut", "truncating",
};
constexpr std::string_view kSindex[] = {
    "entries", "entries_per_bval", "entries_per_rec", "load_pct", "load_time", "used_bytes",
};

static_assert(std::ranges::is_sorted(kNode));
static_assert(std::ranges::is_sorted(kNamespace));
static_assert(std::ranges::is_sorted(kSets));
static_assert(std::ranges::is_sorted(kSindex));

std::span<const std::string_view> gauges(Context context) {
    switch (context) {
        case Context::node_stats: return kNode;
        case Context::namespace_: return kNamespace;
        case Context::sets: return kSets;
        case Context::sindex: return kSindex;
    }
    return {};
}

}  // namespace

bool is_listed_gauge(Context context, std::string_view key) { return std::ranges::binary_search(gauges(context), key); }

}  // namespace cairn::metrics
