#include "node/server/info/statistics_list.h"

#include <algorithm>

#include "common/base/check.h"

namespace cairn::server {
namespace {

// `name`, or `name=value` where the value of a feature that is not there is not 0.
constexpr std::string_view kNodeStatistics =
    "failed_best_practices=false cluster_size cluster_key cluster_generation cluster_principal "
    "cluster_min_compatibility_id cluster_max_compatibility_id cluster_integrity=false cluster_is_member=false "
    "cluster_duplicate_nodes=null cluster_clock_skew_stop_writes_sec cluster_clock_skew_ms "
    "cluster_clock_skew_outliers=null uptime system_total_cpu_pct system_user_cpu_pct system_kernel_cpu_pct "
    "system_free_mem_kbytes system_free_mem_pct host_free_mem_kbytes host_free_mem_pct system_thp_mem_kbytes "
    "process_cpu_pct threads_joinable threads_detached threads_pool_total threads_pool_active "
    "heap_allocated_kbytes heap_active_kbytes heap_mapped_kbytes heap_efficiency_pct heap_site_count objects "
    "tombstones info_queue rw_in_progress proxy_in_progress tree_gc_queue client_connections "
    "client_connections_opened client_connections_closed admin_connections admin_connections_opened "
    "admin_connections_closed heartbeat_connections heartbeat_connections_opened heartbeat_connections_closed "
    "fabric_connections fabric_connections_opened fabric_connections_closed heartbeat_received_self "
    "heartbeat_received_foreign reaped_fds info_complete info_timeout demarshal_error early_tsvc_client_error "
    "early_tsvc_from_proxy_error early_tsvc_from_proxy_batch_sub_error long_queries_active batch_index_initiate "
    "batch_index_queue batch_index_complete batch_index_error batch_index_timeout batch_index_delay "
    "batch_index_unused_buffers batch_index_huge_buffers batch_index_created_buffers "
    "batch_index_destroyed_buffers batch_index_proto_uncompressed_pct=0.000 "
    "batch_index_proto_compression_ratio=1.000 paxos_principal time_since_rebalance migrate_allowed=false "
    "migrate_partitions_remaining fabric_bulk_send_rate fabric_bulk_recv_rate fabric_ctrl_send_rate "
    "fabric_ctrl_recv_rate fabric_meta_send_rate fabric_meta_recv_rate fabric_rw_send_rate fabric_rw_recv_rate "
    "deprecated_requests";

constexpr std::string_view kNamespaceStatistics =
    "ns_cluster_size effective_replication_factor objects tombstones xdr_tombstones xdr_bin_cemeteries "
    "mrt_provisionals master_objects master_tombstones prole_objects prole_tombstones non_replica_objects "
    "non_replica_tombstones unreplicated_records dead_partitions unavailable_partitions auto_revived_partitions "
    "clock_skew_stop_writes=false stop_writes=false hwm_breached=false current_time non_expirable_objects "
    "expired_objects evicted_objects evict_ttl evict_void_time smd_evict_void_time nsup_cycle_duration "
    "nsup_cycle_deleted_pct=0.00 nsup_xdr_key_busy truncate_lut truncating=false sindex_gc_cleaned mrt_monitors "
    "mrt_monitors_active xmem_id index_used_bytes set_index_used_bytes sindex_used_bytes data_total_bytes "
    "data_used_bytes data_used_pct data_avail_pct data_compression_ratio=1.000 "
    "storage-engine.stripe[0].used_bytes storage-engine.stripe[0].free_wblocks storage-engine.stripe[0].writes "
    "storage-engine.stripe[0].defrag_q storage-engine.stripe[0].defrag_reads "
    "storage-engine.stripe[0].defrag_writes record_proto_uncompressed_pct=0.000 "
    "record_proto_compression_ratio=1.000 query_proto_uncompressed_pct=0.000 query_proto_compression_ratio=1.000 "
    "pending_quiesce=false effective_is_quiesced=false nodes_quiesced effective_prefer_uniform_balance=false "
    "effective_active_rack migrate_tx_partitions_imbalance migrate_tx_instances migrate_rx_instances "
    "migrate_tx_partitions_active migrate_rx_partitions_active migrate_tx_partitions_initial "
    "migrate_tx_partitions_remaining migrate_tx_partitions_lead_remaining migrate_rx_partitions_initial "
    "migrate_rx_partitions_remaining migrate_records_skipped migrate_records_transmitted "
    "migrate_record_retransmits migrate_record_receives migrate_records_unreadable migrate_signals_active "
    "migrate_signals_remaining migrate_fresh_partitions appeals_tx_active appeals_rx_active appeals_tx_remaining "
    "appeals_records_exonerated client_tsvc_error client_tsvc_timeout client_proxy_complete client_proxy_error "
    "client_proxy_timeout client_read_success client_read_error client_read_timeout client_read_not_found "
    "client_read_filtered_out client_write_success client_write_error client_write_timeout "
    "client_write_filtered_out xdr_client_write_success xdr_client_write_error xdr_client_write_timeout "
    "client_delete_success client_delete_error client_delete_timeout client_delete_not_found "
    "client_delete_filtered_out xdr_client_delete_success xdr_client_delete_error xdr_client_delete_timeout "
    "xdr_client_delete_not_found client_udf_complete client_udf_error client_udf_timeout client_udf_filtered_out "
    "client_lang_read_success client_lang_write_success client_lang_delete_success client_lang_error "
    "from_proxy_tsvc_error from_proxy_tsvc_timeout from_proxy_read_success from_proxy_read_error "
    "from_proxy_read_timeout from_proxy_read_not_found from_proxy_read_filtered_out from_proxy_write_success "
    "from_proxy_write_error from_proxy_write_timeout from_proxy_write_filtered_out xdr_from_proxy_write_success "
    "xdr_from_proxy_write_error xdr_from_proxy_write_timeout from_proxy_delete_success from_proxy_delete_error "
    "from_proxy_delete_timeout from_proxy_delete_not_found from_proxy_delete_filtered_out "
    "xdr_from_proxy_delete_success xdr_from_proxy_delete_error xdr_from_proxy_delete_timeout "
    "xdr_from_proxy_delete_not_found from_proxy_udf_complete from_proxy_udf_error from_proxy_udf_timeout "
    "from_proxy_udf_filtered_out from_proxy_lang_read_success from_proxy_lang_write_success "
    "from_proxy_lang_delete_success from_proxy_lang_error batch_sub_tsvc_error batch_sub_tsvc_timeout "
    "batch_sub_proxy_complete batch_sub_proxy_error batch_sub_proxy_timeout batch_sub_read_success "
    "batch_sub_read_error batch_sub_read_timeout batch_sub_read_not_found batch_sub_read_filtered_out "
    "batch_sub_write_success batch_sub_write_error batch_sub_write_timeout batch_sub_write_filtered_out "
    "batch_sub_delete_success batch_sub_delete_error batch_sub_delete_timeout batch_sub_delete_not_found "
    "batch_sub_delete_filtered_out batch_sub_udf_complete batch_sub_udf_error batch_sub_udf_timeout "
    "batch_sub_udf_filtered_out batch_sub_lang_read_success batch_sub_lang_write_success "
    "batch_sub_lang_delete_success batch_sub_lang_error from_proxy_batch_sub_tsvc_error "
    "from_proxy_batch_sub_tsvc_timeout from_proxy_batch_sub_read_success from_proxy_batch_sub_read_error "
    "from_proxy_batch_sub_read_timeout from_proxy_batch_sub_read_not_found from_proxy_batch_sub_read_filtered_out "
    "from_proxy_batch_sub_write_success from_proxy_batch_sub_write_error from_proxy_batch_sub_write_timeout "
    "from_proxy_batch_sub_write_filtered_out from_proxy_batch_sub_delete_success "
    "from_proxy_batch_sub_delete_error from_proxy_batch_sub_delete_timeout from_proxy_batch_sub_delete_not_found "
    "from_proxy_batch_sub_delete_filtered_out from_proxy_batch_sub_udf_complete from_proxy_batch_sub_udf_error "
    "from_proxy_batch_sub_udf_timeout from_proxy_batch_sub_udf_filtered_out "
    "from_proxy_batch_sub_lang_read_success from_proxy_batch_sub_lang_write_success "
    "from_proxy_batch_sub_lang_delete_success from_proxy_batch_sub_lang_error udf_sub_tsvc_error "
    "udf_sub_tsvc_timeout udf_sub_udf_complete udf_sub_udf_error udf_sub_udf_timeout udf_sub_udf_filtered_out "
    "udf_sub_lang_read_success udf_sub_lang_write_success udf_sub_lang_delete_success udf_sub_lang_error "
    "ops_sub_tsvc_error ops_sub_tsvc_timeout ops_sub_write_success ops_sub_write_error ops_sub_write_timeout "
    "ops_sub_write_filtered_out dup_res_ask dup_res_respond_read dup_res_respond_no_read "
    "retransmit_all_read_dup_res retransmit_all_write_dup_res retransmit_all_delete_dup_res "
    "retransmit_all_udf_dup_res retransmit_all_batch_sub_read_dup_res retransmit_all_batch_sub_write_dup_res "
    "retransmit_all_batch_sub_delete_dup_res retransmit_all_batch_sub_udf_dup_res retransmit_udf_sub_dup_res "
    "retransmit_ops_sub_dup_res retransmit_all_read_repl_ping retransmit_all_batch_sub_read_repl_ping "
    "retransmit_all_write_repl_write retransmit_all_delete_repl_write retransmit_all_udf_repl_write "
    "retransmit_all_batch_sub_write_repl_write retransmit_all_batch_sub_delete_repl_write "
    "retransmit_all_batch_sub_udf_repl_write retransmit_udf_sub_repl_write retransmit_ops_sub_repl_write "
    "pi_query_short_basic_complete pi_query_short_basic_error pi_query_short_basic_timeout "
    "pi_query_long_basic_complete pi_query_long_basic_error pi_query_long_basic_abort pi_query_aggr_complete "
    "pi_query_aggr_error pi_query_aggr_abort pi_query_udf_bg_complete pi_query_udf_bg_error pi_query_udf_bg_abort "
    "pi_query_ops_bg_complete pi_query_ops_bg_error pi_query_ops_bg_abort si_query_short_basic_complete "
    "si_query_short_basic_error si_query_short_basic_timeout si_query_long_basic_complete "
    "si_query_long_basic_error si_query_long_basic_abort si_query_aggr_complete si_query_aggr_error "
    "si_query_aggr_abort si_query_udf_bg_complete si_query_udf_bg_error si_query_udf_bg_abort "
    "si_query_ops_bg_complete si_query_ops_bg_error si_query_ops_bg_abort geo_region_query_reqs "
    "geo_region_query_cells geo_region_query_points geo_region_query_falsepos read_touch_tsvc_error "
    "read_touch_tsvc_timeout read_touch_success read_touch_error read_touch_timeout read_touch_skip "
    "re_repl_tsvc_error re_repl_tsvc_timeout re_repl_success re_repl_error re_repl_timeout "
    "mrt_verify_read_success mrt_verify_read_error mrt_verify_read_timeout mrt_roll_forward_success "
    "mrt_roll_forward_error mrt_roll_forward_timeout mrt_monitor_roll_forward_success "
    "mrt_monitor_roll_forward_error mrt_monitor_roll_forward_timeout mrt_roll_back_success mrt_roll_back_error "
    "mrt_roll_back_timeout mrt_monitor_roll_back_success mrt_monitor_roll_back_error "
    "mrt_monitor_roll_back_timeout fail_xdr_forbidden fail_key_busy fail_xdr_key_busy fail_generation "
    "fail_record_too_big fail_client_lost_conflict fail_xdr_lost_conflict fail_mrt_blocked "
    "fail_mrt_version_mismatch deleted_last_bin mrt_monitor_roll_tombstone_creates ttl_reductions_ignored "
    "ttl_reductions_applied";

std::vector<StatisticsList::Entry> split(std::string_view names) {
    std::vector<StatisticsList::Entry> entries;
    while (!names.empty()) {
        const size_t end = std::min(names.find(' '), names.size());
        const std::string_view entry = names.substr(0, end);
        names.remove_prefix(std::min(end + 1, names.size()));
        const size_t equals = std::min(entry.find('='), entry.size());
        entries.push_back({entry.substr(0, equals), equals == entry.size() ? "0" : entry.substr(equals + 1)});
    }
    return entries;
}

}  // namespace

const StatisticsList& StatisticsList::of_node() {
    static const StatisticsList list(split(kNodeStatistics));
    return list;
}

const StatisticsList& StatisticsList::of_namespace() {
    static const StatisticsList list(split(kNamespaceStatistics));
    return list;
}

bool Statistics::offer(std::string_view name, std::string value) {
    const auto found = std::ranges::find(list_.entries, name, &StatisticsList::Entry::name);
    if (found == list_.entries.end()) return false;
    values_[size_t(found - list_.entries.begin())] = std::move(value);
    return true;
}

void Statistics::put(std::string_view name, std::string value) { CAIRN_CHECK(offer(name, std::move(value))); }

std::string Statistics::text() const {
    std::string all;
    for (size_t i = 0; i < list_.entries.size(); ++i) {
        if (!all.empty()) all += ';';
        all.append(list_.entries[i].name).append("=");
        all.append(values_[i].empty() ? list_.entries[i].absent : std::string_view(values_[i]));
    }
    return all;
}

}  // namespace cairn::server
