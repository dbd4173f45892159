#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/log/level.h"

namespace cairn {

/// The node's parameters as plain values; the member's value is the parameter's default. Ranges, units and meaning:
/// docs/configuration.md. Units are in the names: `_ms`, `_s`, `_bytes`, `_pct` (0 to 100).

/// `service`
struct ServiceConfig {
    std::string cluster_name = "cairn";
    std::string node_id;  // 1 to 16 hex digits; empty: derived at start
    uint32_t batch_max_buffers_per_queue = 255;
    uint32_t batch_max_requests = 0;  // 0: no limit
    bool disable_udf_execution = false;
    uint32_t info_max_ms = 10'000;
    uint64_t input_bytes_max = uint64_t(1) << 30;  // requests received but not yet parsed, over all connections
    bool microsecond_histograms = false;
    uint64_t migrate_bytes_per_second = 0;  // 0: no limit
    uint32_t migrate_fill_delay_s = 0;
    uint64_t migrate_records_per_second = 0;  // 0: no limit
    uint32_t migrate_threads = 1;             // 0: nothing is sent
    uint32_t proto_fd_idle_ms = 0;  // 0: idle connections stay
    uint32_t proto_fd_max = 15'000;
    uint32_t query_max_done = 100;
    uint32_t query_threads_limit = 128;
    bool stay_quiesced = false;
    uint32_t ticker_interval_s = 10;
    uint32_t transaction_max_ms = 1'000;
    uint64_t udf_instructions_max = 20'000'000;
    uint64_t udf_memory_max = 64u << 20;  // bytes
    uint32_t udf_time_max_ms = 200;
    uint32_t worker_threads = 0;  // `service-threads`; 0: one per CPU
    std::string work_directory = "/var/lib/cairn";

    bool operator==(const ServiceConfig&) const = default;
};

/// `network.service`: where clients connect, and what other addresses they are told.
struct ListenerConfig {
    std::vector<std::string> addresses = {"0.0.0.0"};  // `any` in a file
    uint16_t port = 3000;
    std::vector<std::string> access_addresses;  // empty: `addresses`, or those of the interfaces
    uint16_t access_port = 0;                   // 0: `port`
    std::vector<std::string> alternate_access_addresses;
    uint16_t alternate_access_port = 0;  // 0: `port`

    bool operator==(const ListenerConfig&) const = default;
};

/// `network.admin`: health, metrics and configuration over HTTP.
struct AdminConfig {
    std::string address = "0.0.0.0";
    uint16_t port = 3008;

    bool operator==(const AdminConfig&) const = default;
};

/// `network.heartbeat`: how nodes find and hear each other. Without addresses and seeds a node is alone.
struct HeartbeatConfig {
    std::vector<std::string> addresses;  // empty: 0.0.0.0 when there are seeds; `any` in a file
    uint16_t port = 3002;
    std::vector<std::string> mesh_seed_address_ports;  // "host:port", "[fd00::1]:port"
    uint32_t interval_ms = 150;
    uint32_t timeout = 10;  // intervals
    uint32_t connect_timeout_ms = 500;

    bool configured() const { return !addresses.empty() || !mesh_seed_address_ports.empty(); }

    bool operator==(const HeartbeatConfig&) const = default;
};

/// `network.fabric`: nothing listens there yet.
struct FabricConfig {
    std::vector<std::string> addresses;
    uint16_t port = 3001;

    bool operator==(const FabricConfig&) const = default;
};

/// `network`
struct NetworkConfig {
    ListenerConfig service;
    AdminConfig admin;
    HeartbeatConfig heartbeat;
    FabricConfig fabric;
    std::string rack_id_file;  // empty: racks are what namespaces say

    bool operator==(const NetworkConfig&) const = default;
};

/// `namespaces[].sets[]`: overrides for one set; also made by set-config for a set the file does not name.
struct SetConfig {
    std::string name;
    int32_t default_read_touch_ttl_pct = 0;  // 0: the namespace's; -1: never
    uint32_t default_ttl_s = 0;              // 0: the namespace's
    bool disable_eviction = false;
    bool enable_index = false;
    uint64_t stop_writes_count = 0;       // records; 0: no limit
    uint64_t stop_writes_size_bytes = 0;  // 0: no limit

    bool operator==(const SetConfig&) const = default;
};

enum class StorageEngine : uint8_t { memory, device, pmem };  // pmem is not accepted
enum class StorageCompression : uint8_t { none, lz4, snappy, zstd };  // snappy is not accepted
enum class ConflictResolution : uint8_t { generation, last_update_time };

/// `namespaces[].storage-engine`
struct StorageEngineConfig {
    StorageEngine type = StorageEngine::memory;
    bool commit_to_device = false;
    StorageCompression compression = StorageCompression::none;
    uint32_t compression_level = 0;                // 0: the library's choice
    uint64_t data_size_bytes = uint64_t(4) << 30;  // of type memory
    uint32_t defrag_lwm_pct = 50;
    uint32_t defrag_queue_min = 0;
    uint32_t defrag_sleep_us = 1'000;
    std::vector<std::string> devices;  // raw block devices
    bool direct_files = true;
    bool read_page_cache = false;
    std::string encryption_key_file;      // empty: records are stored as they are
    std::string encryption_old_key_file;  // the key before this one, while devices still know it
    bool encryption_rewrite = false;      // a new key also means new data keys
    std::vector<std::string> files;
    uint64_t file_size_bytes = 0;  // of each file that is missing or shorter; 0: all exist
    uint32_t flush_max_ms = 1'000;
    uint64_t max_write_cache_bytes = uint64_t(64) << 20;     // of each device
    uint64_t post_write_cache_bytes = uint64_t(256) << 20;   // of all devices together
    uint64_t write_block_size_bytes = uint64_t(1) << 20;
    uint32_t evict_used_pct = 0;  // 0: no eviction
    uint32_t stop_writes_avail_pct = 5;
    uint32_t stop_writes_used_pct = 70;
    uint32_t tomb_raider_sleep_us = 1'000;

    /// Whether records outlive the process.
    bool persists() const { return !files.empty() || !devices.empty(); }

    bool operator==(const StorageEngineConfig&) const = default;
};

/// `namespaces[]`
struct NamespaceConfig {
    std::string name;
    bool allow_ttl_without_nsup = false;
    bool apply_ttl_reductions = true;
    uint32_t background_query_max_rps = 10'000;
    ConflictResolution conflict_resolution_policy = ConflictResolution::generation;
    uint32_t default_read_touch_ttl_pct = 0;
    uint32_t default_ttl_s = 0;  // 0: never expires
    bool disallow_expunge = false;
    bool disallow_null_setname = false;
    bool enable_benchmarks_batch_sub = false;
    bool enable_benchmarks_ops_sub = false;
    bool enable_benchmarks_read = false;
    bool enable_benchmarks_udf = false;
    bool enable_benchmarks_udf_sub = false;
    bool enable_benchmarks_write = false;
    bool enable_hist_proxy = false;
    uint32_t evict_hist_buckets = 10'000;
    uint32_t evict_indexes_memory_pct = 0;  // of indexes_memory_budget_bytes; 0: no eviction
    uint32_t evict_tenths_pct = 5;  // tenths of a percent of the records, per cycle
    uint64_t indexes_memory_budget_bytes = 0;  // 0: no limit
    bool ignore_migrate_fill_delay = false;
    uint32_t max_record_size_bytes = 1 << 20;
    uint32_t migrate_order = 5;  // 1 to 10
    uint32_t nsup_hist_period_s = 3'600;  // 0: no histograms
    uint32_t nsup_period_s = 0;           // 0: nothing expires in the background
    uint32_t rack_id = 0;
    bool reject_non_xdr_writes = false;
    bool reject_xdr_writes = false;
    uint32_t replication_factor = 2;
    uint32_t stop_writes_sys_memory_pct = 90;
    bool strong_consistency = false;
    uint32_t tomb_raider_eligible_age_s = 86'400;
    uint32_t tomb_raider_period_s = 86'400;  // 0: tombstones stay
    StorageEngineConfig storage_engine;
    std::vector<SetConfig> sets;

    bool operator==(const NamespaceConfig&) const = default;
};

/// `logging`
struct LoggingConfig {
    enum class Format : uint8_t { text, json };
    using Level = log::Level;

    Format format = Format::text;
    Level any = Level::info;               // of every module that is not in `modules`
    std::map<std::string, Level> modules;  // by name, such as "migrate"

    bool operator==(const LoggingConfig&) const = default;
};

struct NodeConfig {
    ServiceConfig service;
    NetworkConfig network;
    std::vector<NamespaceConfig> namespaces;  // at least one
    LoggingConfig logging;

    bool operator==(const NodeConfig&) const = default;
};

}  // namespace cairn
