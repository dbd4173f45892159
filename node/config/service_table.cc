#include "node/config/tables.h"

namespace cairn::config {
namespace {

constexpr int64_t kMax31 = 2'147'483'647;
constexpr int64_t kMax32 = 4'294'967'295;

}  // namespace

Table<ServiceConfig> service_table() {
    Table<ServiceConfig> t;
    using S = ServiceConfig;
    t.plan(flag("advertise-ipv6", "Tell clients IPv6 addresses too.").live(), false);
    t.plan(choice("auto-pin", {"none", "cpu", "numa", "adq"}, "Bind threads to CPUs."), "none");
    t.plan(integer("batch-index-threads", 1, 256, "threads", "Batches run on the service threads.").live(), int64_t(1));
    t.add(integer("batch-max-buffers-per-queue", 1, kMax31, "buffers",
                  "Reply buffers of batches that may wait for slow clients, per service thread.")
              .live()
              .later(),
          &S::batch_max_buffers_per_queue);
    t.add(integer("batch-max-requests", 0, kMax32, "keys", "Keys in one batch; 0 is no limit.").live(),
          &S::batch_max_requests);
    t.plan(integer("batch-max-unused-buffers", 0, kMax31, "buffers", "Buffers kept for reuse.").live(), int64_t(256));
    t.plan(flag("cgroup-mem-tracking", "Take the memory limit from the control group."), false);
    t.add(text("cluster-name", "[^;:,=\\s]{1,63}", "1 to 63 bytes without spaces, ';', ':', ',' or '='",
               "Clients that are given a cluster name refuse nodes of another.")
              .live(),
          &S::cluster_name);
    t.plan(flag("debug-allocations", "Track memory allocations."), false);
    t.add(flag("disable-udf-execution", "Refuse to run functions of scripts."), &S::disable_udf_execution);
    t.plan(flag("enable-benchmarks-fabric", "Histograms of messages between nodes.").live(), false);
    t.plan(flag("enable-health-check", "Find nodes and devices that are slower than their peers.").live(), false);
    t.plan(flag("enable-hist-info", "A histogram of info commands.").live(), false);
    t.plan(flag("enforce-best-practices", "Refuse to start on a host that fails a check."), false);
    t.plan(flag("indent-allocations", "Move allocations to find errors."), false);
    t.add(integer("info-max-ms", 500, 10'000, "ms",
                  "An info request may wait this long for a thread. None waits: one that takes 500 ms is ended.")
              .live()
              .later(),
          &S::info_max_ms);
    t.plan(integer("info-threads", 0, kMax31, "threads", "Info commands run on the service threads.").live(),
           int64_t(16));
    t.add(size("input-bytes-max", 1 << 20, int64_t(1) << 40,
               "Memory for requests that are not read completely, over all connections; beyond it sockets wait.")
              .live(),
          &S::input_bytes_max);
    t.plan(flag("keep-caps-ssd-health", "Keep the capability to ask SSDs for their age."), false);
    t.plan(flag("log-local-time", "Local time in logs."), false);
    t.plan(flag("log-millis", "Milliseconds in logs."), false);
    t.add(flag("microsecond-histograms", "Latency histograms in microseconds rather than milliseconds.").live(),
          &S::microsecond_histograms);
    t.add(size("migrate-bytes-per-second", 0, int64_t(1) << 40,
               "Bytes of records that are sent to copies being filled, in a second, over all of them; 0 is no limit.")
              .live(),
          &S::migrate_bytes_per_second);
    t.add(
        integer("migrate-fill-delay", 0, kMax31, "s",
                "Wait so long after a change of the cluster before copies are filled that have no data at all, unless "
                "it is the second copy or the one that is to be master: a node that returns meanwhile brings its own.")
            .live(),
        &S::migrate_fill_delay_s);
    t.plan(integer("migrate-max-num-incoming", 0, 256, "partitions", "Partitions received at once.").live(),
           int64_t(4));
    t.add(integer("migrate-records-per-second", 0, kMax31, "records",
                  "Records that are sent to copies being filled, in a second, over all of them; 0 is no limit.")
              .live(),
          &S::migrate_records_per_second);
    t.add(integer("migrate-threads", 0, 100, "threads",
                  "Partitions that are filled or merged at once: 64 for each; 0 pauses all of that.")
              .live(),
          &S::migrate_threads);
    t.plan(integer("min-cluster-size", 1, 256, "nodes", "A smaller cluster takes no writes.").live(), int64_t(1));
    t.add(text("node-id", "(?!0+$)[0-9A-Fa-f]{1,16}|", "1 to 16 hexadecimal digits that are not all 0",
               "The node's identity, the same over restarts; none: derived from the machine."),
          &S::node_id);
    t.plan(text("node-id-interface", "The network interface whose address gives the node id."), "");
    t.plan(flag("os-group-perms", "Files are writable for the group."), false);
    t.plan(text("pidfile", "Where to write the process id."), "");
    t.plan(flag("poison-allocations", "Overwrite freed memory."), false);
    t.add(integer("proto-fd-idle-ms", 0, kMax31, "ms", "Close a client connection idle this long; 0 is never.").live(),
          &S::proto_fd_idle_ms);
    t.add(integer("proto-fd-max", 16, kMax31, "connections", "Client connections open at once.").live(),
          &S::proto_fd_max);
    t.plan(integer("quarantine-allocations", 0, 100'000'000, "allocations", "Hold freed memory back."), int64_t(0));
    t.add(integer("query-max-done", 0, 10'000, "queries", "Finished queries kept for query-show.").live(),
          &S::query_max_done);
    t.add(
        integer("query-threads-limit", 1, 1'024, "threads", "Queries that may run at once, counted in threads.").live(),
        &S::query_threads_limit);
    t.plan(flag("run-as-daemon", "Go to the background."), false);
    t.plan(text("secrets-address-port", "Secret agent."), "");
    t.plan(text("secrets-tls-context", "Secret agent."), "");
    t.plan(text("secrets-uds-path", "Secret agent."), "");
    t.add(integer("service-threads", 0, 4'096, "threads", "Worker threads; 0 is one per CPU."), &S::worker_threads);
    t.plan(integer("sindex-builder-threads", 1, 32, "threads", "Threads that build secondary indexes.").live(),
           int64_t(4));
    t.plan(integer("sindex-gc-period", 0, kMax31, "s", "Clean secondary indexes this often.").live(), int64_t(10));
    t.add(flag("stay-quiesced",
               "Be quiesced from the start and always: a member of the cluster that holds no partitions while others "
               "can."),
          &S::stay_quiesced);
    t.add(period("ticker-interval", 1, 3'600, "Statistics are logged, and latencies counted, over this long.").live(),
          &S::ticker_interval_s);
    t.plan(period("tls-refresh-period", 0, kMax31, "Look for new certificates this often.").live(), int64_t(60));
    t.add(integer("transaction-max-ms", 0, kMax31, "ms",
                  "A short query whose client gives no time-out may take this long; 0 is no limit. Commands on records "
                  "do not wait on a node alone.")
              .live(),
          &S::transaction_max_ms);
    t.plan(integer("transaction-retry-ms", 0, kMax31, "ms", "Ask a replica again after this long.").live(),
           int64_t(1'002));
    t.add(integer("udf-instructions-max", 100'000, 100'000'000'000, "instructions",
                  "Instructions of Lua's machine that one call of a function may take."),
          &S::udf_instructions_max);
    t.add(size("udf-memory-max", 1 << 20, int64_t(1) << 40,
               "Memory of one script on one service thread, between its calls too; a thread keeps up to 16 scripts."),
          &S::udf_memory_max);
    t.add(integer("udf-time-max-ms", 1, 60'000, "ms",
                  "One call of a function may take this long. Its service thread does nothing else meanwhile."),
          &S::udf_time_max_ms);
    t.plan(text("vault-ca", "Secrets from Vault."), "");
    t.plan(text("vault-namespace", "Secrets from Vault."), "");
    t.plan(text("vault-path", "Secrets from Vault."), "");
    t.plan(text("vault-token-file", "Secrets from Vault.").live(), "");
    t.plan(text("vault-url", "Secrets from Vault."), "");
    t.add(text("work-directory", "Where the node keeps what must survive a restart, but records."), &S::work_directory);
    for (const char* key : {"feature-key-file", "feature-key-files", "group", "user"}) t.plan_key(key);
    return t;
}

}  // namespace cairn::config
