#include "node/config/tables.h"

namespace cairn::config {
namespace {

constexpr int64_t kMax31 = 2'147'483'647;
constexpr int64_t kMax32 = 4'294'967'295;
constexpr int64_t kTenYears = 315'360'000;
constexpr int64_t kSizeMax = int64_t(1) << 50;

Parameter paths(std::string path, std::string description) {
    Parameter made = addresses(std::move(path), std::move(description));
    made.pattern = "[^,;]+";
    made.expected = "paths without ',' or ';'";
    made.in_info = false;
    return made;
}

Parameter unlisted(Parameter made) {
    made.in_info = false;  // the original has no such key for namespaces in memory
    return made;
}

Table<StorageEngineConfig> storage_engine_table() {
    Table<StorageEngineConfig> t;
    using S = StorageEngineConfig;
    t.add(choice("type", {"memory", "device", "pmem"},
                 "Where records live: in memory, or on `files` or `devices` with the index in memory. `memory` with "
                 "`files` or `devices` keeps them in both. `pmem` is not supported.")
              .info(""),
          &S::type);
    t.add(flag("commit-to-device", "A write is on the device before it is answered; many at once share one wait."),
          &S::commit_to_device);
    t.add(choice("compression", {"none", "lz4", "snappy", "zstd"},
                 "Of what is stored on devices, record by record. `snappy` is not supported."),
          &S::compression);
    t.plan(integer("compression-acceleration", 0, 65'537, "", "").live(), int64_t(0));
    t.add(integer("compression-level", 0, 9, "", "Of `zstd`: 1 is fastest, 9 is smallest; 0 is the library's choice."),
          &S::compression_level);
    t.add(size("data-size", 1 << 20, kSizeMax, "Memory for the namespace's records, of type `memory` without files."),
          &S::data_size_bytes);
    t.add(percentage("defrag-lwm-pct",
                     "A full write block whose live records fill less than this is emptied into another one; 0 is "
                     "never. Higher saves space and writes more.")
              .live(),
          &S::defrag_lwm_pct);
    t.add(integer("defrag-queue-min", 0, kMax31, "blocks",
                  "Write blocks that wait before the first is emptied, unless room is short.")
              .live(),
          &S::defrag_queue_min);
    t.add(integer("defrag-sleep", 0, kMax31, "us",
                  "Rest after each write block that was emptied; none while free blocks are short.")
              .live(),
          &S::defrag_sleep_us);
    t.plan(integer("defrag-startup-minimum", 0, 99, "", ""), int64_t(0));
    t.add(flag("direct-files", "Files are read and written past the page cache where their file system can."),
          &S::direct_files);
    t.add(
        unlisted(flag("read-page-cache", "Reads go through the machine's page cache, which keeps what is read often.")),
        &S::read_page_cache);
    t.plan(flag("disable-odsync", ""), false);
    t.plan(flag("enable-benchmarks-storage", "").live(), false);
    t.add(
        text("encryption-key-file",
             "Stored records are encrypted (AES-256-GCM); this file, or `env:NAME` a variable of the environment, has "
             "the key: 32 bytes or 64 hexadecimal digits."),
        &S::encryption_key_file);
    t.add(text("encryption-old-key-file", "The key before that one: devices that know it are told the new one."),
          &S::encryption_old_key_file);
    t.add(unlisted(flag("encryption-rewrite",
                        "When devices are told a new key, they also get new keys for what they store, and all records "
                        "are written anew in the background; else only the devices' keys are.")),
          &S::encryption_rewrite);
    t.add(percentage("evict-used-pct",
                     "Records that expire are evicted, the soonest first, while more than this much of `data-size`, or "
                     "of the devices, is used; 0 is never.")
              .live(),
          &S::evict_used_pct);
    t.add(size("filesize", 0, kSizeMax, "Of each of `files` that is missing or shorter; 0 is when all exist."),
          &S::file_size_bytes);
    t.add(integer("flush-max-ms", 1, 1'000, "ms",
                  "What was written is on its device at the latest this long after, without `commit-to-device`.")
              .live(),
          &S::flush_max_ms);
    t.add(size("max-write-cache", 1 << 20, kSizeMax,
               "Written and not yet on its device, for each device: beyond it writes are refused (device overload).")
              .live(),
          &S::max_write_cache_bytes);
    t.add(unlisted(size("post-write-cache", 0, kSizeMax, "Written lately and kept in memory for reads.").live()),
          &S::post_write_cache_bytes);
    t.add(unlisted(size("write-block-size", 128 << 10, 8 << 20,
                        "What is written at once to a new device, a power of two; devices in use keep theirs.")),
          &S::write_block_size_bytes);
    t.add(percentage("stop-writes-avail-pct",
                     "Writes stop when less than this much of `data-size` is not held by records and index, or of the "
                     "devices' write blocks is free; 0 is when all is.")
              .live(),
          &S::stop_writes_avail_pct);
    t.add(percentage("stop-writes-used-pct",
                     "Writes stop when live records are more than this much of `data-size`, or of the devices; 0 is "
                     "never.")
              .live(),
          &S::stop_writes_used_pct);
    t.add(integer("tomb-raider-sleep", 0, kMax31, "us",
                  "Rest after each write block that is read for the end of tombstones.")
              .live(),
          &S::tomb_raider_sleep_us);
    t.add(paths("devices", "Raw block devices, 1 to 128, with nothing else on them."), &S::devices);
    t.add(paths("files", "Files, 1 to 128; missing ones are made, `filesize` large."), &S::files);
    for (const char* key : {"encryption", "flush-size"}) t.plan_key(key);
    return t;
}

Parameter name(std::string pattern, std::string expected, std::string description) {
    Parameter made = text("name", std::move(pattern), std::move(expected), std::move(description));
    made.in_info = false;
    return made;
}

void add_xdr_and_tail(Table<NamespaceConfig>& t) {
    using N = NamespaceConfig;
    t.add(period("tomb-raider-eligible-age", 0, kMax31,
                 "What a durable delete leaves stays at least this long. Longer than a node may be away.")
              .live(),
          &N::tomb_raider_eligible_age_s);
    t.add(period("tomb-raider-period", 0, kMax31,
                 "So often the devices are read for the end of what durable deletes left; 0 is never.")
              .live(),
          &N::tomb_raider_period_s);
    t.plan(integer("tomb-raider-unmark-threads", 0, 128, "threads", "").live(), int64_t(0));
    t.plan(integer("transaction-pending-limit", 0, kMax31, "requests", "").live(), int64_t(20));
    t.plan(integer("truncate-threads", 1, 128, "threads", "").live(), int64_t(4));
    t.plan(choice("write-commit-level-override", {"off", "all", "master"}, "").live(), "off");
    t.plan(period("xdr-bin-tombstone-ttl", 0, kTenYears, "").live(), int64_t(86'400));
    t.plan(integer("xdr-tomb-raider-period", 0, kMax31, "s", "").live(), int64_t(120));
    t.plan(integer("xdr-tomb-raider-threads", 1, 128, "threads", "").live(), int64_t(1));
    t.plan(flag("geo2dsphere-within.strict", ""), true);
    t.plan(integer("geo2dsphere-within.min-level", 0, 30, "", "").live(), int64_t(1));
    t.plan(integer("geo2dsphere-within.max-level", 0, 30, "", "").live(), int64_t(20));
    t.plan(integer("geo2dsphere-within.max-cells", 1, 256, "", "").live(), int64_t(12));
    t.plan(integer("geo2dsphere-within.level-mod", 1, 3, "", ""), int64_t(1));
    t.plan(integer("geo2dsphere-within.earth-radius-meters", 0, kMax31, "m", ""), int64_t(6'371'000));
    t.plan(choice("index-type.type", {"mem", "shmem", "pmem", "flash"}, "").info("index-type"), "mem");
    t.plan(choice("sindex-type.type", {"mem", "shmem", "pmem", "flash"}, "").info("sindex-type"), "mem");
}

}  // namespace

Table<SetConfig> set_table() {
    Table<SetConfig> t;
    using S = SetConfig;
    t.add(name("[^;:,=\\s]{1,63}", "1 to 63 bytes without spaces, ';', ':', ',' or '='", "The set's name."), &S::name);
    t.add(integer("default-read-touch-ttl-pct", -1, 100, "percent",
                  "As the namespace's; 0 is the namespace's, -1 is never.")
              .live(),
          &S::default_read_touch_ttl_pct);
    t.add(period("default-ttl", 0, kTenYears, "As the namespace's; 0 is the namespace's.").live(), &S::default_ttl_s);
    t.add(flag("disable-eviction", "Never evict records of this set.").live(), &S::disable_eviction);
    t.add(flag("enable-index", "Keep an index of the set's records, for fast scans of a small set.").live().later(),
          &S::enable_index);
    t.add(integer("stop-writes-count", 0, int64_t(1) << 40, "records",
                  "New records are refused at this many; 0 is no limit.")
              .live(),
          &S::stop_writes_count);
    t.add(size("stop-writes-size", 0, kSizeMax, "New records are refused at this size; 0 is no limit.").live(),
          &S::stop_writes_size_bytes);
    return t;
}

Table<NamespaceConfig> namespace_table() {
    Table<NamespaceConfig> t;
    using N = NamespaceConfig;
    t.add(name("[A-Za-z0-9_$-]{1,31}", "1 to 31 letters, digits, '_', '-' or '$'", "The namespace's name."), &N::name);
    t.plan(integer("active-rack", 0, 1'000'000, "", "").live(), int64_t(0));
    t.add(flag("allow-ttl-without-nsup", "Accept records that expire although `nsup-period` is 0.").live(),
          &N::allow_ttl_without_nsup);
    t.add(flag("apply-ttl-reductions", "A write may bring a record's expiry nearer.").live(), &N::apply_ttl_reductions);
    t.plan(flag("auto-revive", ""), false);
    t.add(integer("background-query-max-rps", 1, 1'000'000, "records per second",
                  "The most a background query may write.")
              .live(),
          &N::background_query_max_rps);
    t.add(choice("conflict-resolution-policy", {"generation", "last-update-time"},
                 "Which of two versions of a record stays.")
              .live()
              .later(),
          &N::conflict_resolution_policy);
    t.plan(flag("conflict-resolve-writes", "").live(), false);
    t.add(percentage("default-read-touch-ttl-pct",
                     "A read within this last part of a record's life prolongs it; 0 is never.")
              .live(),
          &N::default_read_touch_ttl_pct);
    t.add(period("default-ttl", 0, kTenYears, "Life of a record whose writer asks for the default; 0 is for ever.")
              .live(),
          &N::default_ttl_s);
    t.plan(flag("disable-cold-start-eviction", ""), false);
    t.plan(flag("disable-mrt-writes", "").live(), false);
    t.plan(flag("disable-write-dup-res", "").live(), false);
    t.add(
        flag("disallow-expunge", "Refuse deletes, and writes that end a record, unless they leave a tombstone.").live(),
        &N::disallow_expunge);
    t.add(flag("disallow-null-setname", "Refuse records without a set.").live(), &N::disallow_null_setname);
    const std::string steps = "Histograms of the steps of ";
    const auto benchmark = [&](const char* key, const char* of) { return flag(key, steps + of).live().later(); };
    t.add(benchmark("enable-benchmarks-batch-sub", "a batch's records."), &N::enable_benchmarks_batch_sub);
    t.add(benchmark("enable-benchmarks-ops-sub", "background operations."), &N::enable_benchmarks_ops_sub);
    t.add(benchmark("enable-benchmarks-read", "reads."), &N::enable_benchmarks_read);
    t.add(benchmark("enable-benchmarks-udf", "UDFs."), &N::enable_benchmarks_udf);
    t.add(benchmark("enable-benchmarks-udf-sub", "background UDFs."), &N::enable_benchmarks_udf_sub);
    t.add(benchmark("enable-benchmarks-write", "writes."), &N::enable_benchmarks_write);
    t.add(flag("enable-hist-proxy", "A histogram of requests passed on to other nodes.").live().later(),
          &N::enable_hist_proxy);
    t.add(integer("evict-hist-buckets", 100, 10'000'000, "buckets", "How finely eviction sorts by expiry.").live(),
          &N::evict_hist_buckets);
    t.add(percentage("evict-indexes-memory-pct",
                     "Records that expire are evicted while the index takes more than this much of "
                     "`indexes-memory-budget`; 0 is never.")
              .live(),
          &N::evict_indexes_memory_pct);
    t.add(integer("evict-tenths-pct", 0, 1'000, "tenths of a percent",
                  "Of the records that may be evicted, the most that go each `nsup-period` above a mark.")
              .live(),
          &N::evict_tenths_pct);
    t.plan(flag("force-long-queries", "").live(), false);
    t.add(
        flag("ignore-migrate-fill-delay", "Fill copies of this namespace at once, whatever `migrate-fill-delay` says.")
            .live(),
        &N::ignore_migrate_fill_delay);
    t.plan(size("index-stage-size", 128 << 20, kSizeMax, ""), int64_t(1) << 30);
    t.add(size("indexes-memory-budget", 0, kSizeMax,
               "Writes stop when the index takes more memory than this; 0 is no limit.")
              .live(),
          &N::indexes_memory_budget_bytes);
    t.plan(flag("inline-short-queries", "").live(), false);
    t.add(size("max-record-size", 64, 8 << 20, "The largest record.").live(), &N::max_record_size_bytes);
    t.add(
        integer("migrate-order", 1, 10, "", "Partitions of namespaces with the lower number are filled first.").live(),
        &N::migrate_order);
    t.plan(integer("migrate-retransmit-ms", 0, kMax31, "ms", "").live(), int64_t(5'000));
    t.plan(flag("migrate-skip-unreadable", "").live(), false);
    t.plan(integer("migrate-sleep", 0, kMax31, "us", "").live(), int64_t(1));
    t.plan(integer("mrt-duration", 1, 120, "s", "").live(), int64_t(10));
    t.add(
        period("nsup-hist-period", 0, kMax32, "Histograms of sizes and expiry are made this often; 0 is never.").live(),
        &N::nsup_hist_period_s);
    t.add(period("nsup-period", 0, kMax32, "Expired records are removed this often; 0 is never.").live(),
          &N::nsup_period_s);
    t.plan(integer("nsup-threads", 1, 128, "threads", "").live(), int64_t(1));
    t.plan(integer("partition-tree-sprigs", 256, 268'435'456, "", ""), int64_t(256));
    t.plan(flag("prefer-uniform-balance", "").live(), true);
    t.add(integer("rack-id", 0, 1'000'000, "",
                  "The rack this node stands in; 0 is none, or what `network.rack-id-file` says.")
              .live(),
          &N::rack_id);
    t.plan(choice("read-consistency-level-override", {"off", "all", "one"}, "").live(), "off");
    t.add(flag("reject-non-xdr-writes", "Accept writes from other clusters only.").live(), &N::reject_non_xdr_writes);
    t.add(flag("reject-xdr-writes", "Refuse writes from other clusters.").live(), &N::reject_xdr_writes);
    t.add(integer("replication-factor", 1, 256, "copies",
                  "Copies of each record, at most one per node: one while the node is alone."),
          &N::replication_factor);
    t.plan(size("sindex-stage-size", 128 << 20, kSizeMax, ""), int64_t(1) << 30);
    t.plan(integer("single-query-threads", 1, 128, "threads", "").live(), int64_t(4));
    t.add(percentage("stop-writes-sys-memory-pct",
                     "Writes stop when more than this much of the machine's memory, or of the container's, is used; 0 "
                     "is never.")
              .live(),
          &N::stop_writes_sys_memory_pct);
    t.add(flag("strong-consistency", "Never lose an acknowledged write, at the price of availability.").later(),
          &N::strong_consistency);
    t.plan(flag("strong-consistency-allow-expunge", "").live(), false);
    add_xdr_and_tail(t);
    t.nest("storage-engine", &N::storage_engine, storage_engine_table());
    t.list("sets", "What is different for one set.", &N::sets, set_table());
    return t;
}

}  // namespace cairn::config
