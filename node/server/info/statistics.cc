#include "common/base/percent.h"
#include "node/server/info/commands.h"
#include "node/server/info/statistics_list.h"

namespace cairn::server {
namespace {

uint64_t sum(const State& state, Counter NodeCounters::* member) {
    uint64_t total = 0;
    for (const NodeCounters* worker : state.node_counters) total += (worker->*member).get();
    return total;
}

partition::MemoryUse memory_use(const State& state) {
    partition::MemoryUse all;
    for (const auto& ns : state.namespaces) {
        const auto use = ns->partitions.memory_use();
        all.objects += use.objects;
        all.tombstones += use.tombstones;
        all.data_used += use.data_used;
        all.data_held += use.data_held;
        all.index_used += use.index_used + use.sindex_used;
    }
    return all;
}

void put_cluster(Statistics& to, const State& state, Instant now) {
    const auto view = state.membership.view();
    to.put("cluster_size", view.size);
    to.put("cluster_key", hex(view.cluster_key));
    to.put("cluster_generation", view.generation);
    to.put("cluster_principal", hex(view.principal));
    to.put("paxos_principal", hex(view.principal));
    to.put("cluster_min_compatibility_id", 15);
    to.put("cluster_max_compatibility_id", 15);
    to.put("cluster_integrity", view.size != 0);
    to.put("cluster_is_member", view.size != 0);
    to.put("migrate_allowed", view.size != 0);
    uint64_t unfinished = 0;
    for (const auto& ns : state.namespaces) {
        if (const auto* const copies = state.copies_of(*ns)) unfinished += copies->unfinished();
    }
    to.put("migrate_partitions_remaining", unfinished);
    to.put("time_since_rebalance", std::chrono::duration_cast<std::chrono::seconds>(now - view.since).count());
}

void put_heartbeat(Statistics& to, const State& state) {
    const auto* const figures = state.membership.figures();
    if (figures == nullptr) return;
    to.put("heartbeat_connections", figures->connections.get());
    to.put("heartbeat_connections_opened", figures->connections_opened.get());
    to.put("heartbeat_connections_closed", figures->connections_closed.get());
    to.put("heartbeat_received_self", figures->pulses_of_self.get());
    to.put("heartbeat_received_foreign", figures->pulses_received.get());
}

void put_machine(Statistics& to, const State& state, const partition::MemoryUse& use) {
    const VitalSigns vitals = state.vitals.get();
    const auto& stats = vitals.stats;
    to.put("system_total_cpu_pct", vitals.user_cpu_pct + vitals.kernel_cpu_pct);
    to.put("system_user_cpu_pct", vitals.user_cpu_pct);
    to.put("system_kernel_cpu_pct", vitals.kernel_cpu_pct);
    to.put("system_free_mem_kbytes", stats.memory_free_bytes >> 10);
    to.put("system_free_mem_pct", percent(stats.memory_free_bytes, stats.memory_total_bytes));
    to.put("host_free_mem_kbytes", stats.host_memory_free_bytes >> 10);
    to.put("host_free_mem_pct", percent(stats.host_memory_free_bytes, stats.host_memory_total_bytes));
    to.put("system_thp_mem_kbytes", stats.huge_page_bytes >> 10);
    to.put("process_cpu_pct", vitals.process_cpu_pct);
    to.put("threads_joinable", stats.threads);
    to.put("threads_pool_total", state.node_counters.size());
    to.put("threads_pool_active", state.node_counters.size());
    // Records and index are allocated apart from the heap; for operators they are one thing.
    const uint64_t used = stats.heap_used_bytes + use.data_used + use.index_used;
    const uint64_t held = stats.heap_held_bytes + use.data_held + use.index_used;
    to.put("heap_allocated_kbytes", used >> 10);
    to.put("heap_active_kbytes", held >> 10);
    to.put("heap_mapped_kbytes", std::max(held, stats.resident_bytes) >> 10);
    to.put("heap_efficiency_pct", held == 0 ? 100 : percent(used, held));
}

void put_service(Statistics& to, const State& state) {
    const uint64_t opened = sum(state, &NodeCounters::client_connections_opened);
    const uint64_t closed = sum(state, &NodeCounters::client_connections_closed);
    to.put("client_connections", opened - std::min(opened, closed));
    to.put("client_connections_opened", opened);
    to.put("client_connections_closed", closed);
    to.put("reaped_fds", sum(state, &NodeCounters::reaped_fds));
    to.put("info_complete", sum(state, &NodeCounters::info_complete));
    to.put("demarshal_error", sum(state, &NodeCounters::demarshal_error));
    to.put("early_tsvc_client_error", sum(state, &NodeCounters::early_tsvc_client_error));
    to.put("long_queries_active", state.queries.active_count());
    to.put("batch_index_initiate", sum(state, &NodeCounters::batch_index_initiate));
    to.put("batch_index_complete", sum(state, &NodeCounters::batch_index_complete));
    to.put("batch_index_error", sum(state, &NodeCounters::batch_index_error));
    to.put("batch_index_timeout", sum(state, &NodeCounters::batch_index_timeout));
    to.put("batch_index_delay", sum(state, &NodeCounters::batch_index_delay));
    std::string queues;
    for (size_t i = 0; i < state.node_counters.size(); ++i) queues += i == 0 ? "0:0" : ",0:0";
    to.put("batch_index_queue", queues);
}

std::string statistics(const State& state, const InfoSession& session) {
    Statistics all(StatisticsList::of_node());
    const Instant now = session.clock.now();
    const auto use = memory_use(state);
    all.put("uptime", std::chrono::duration_cast<std::chrono::seconds>(now - state.started).count());
    all.put("objects", use.objects);
    all.put("tombstones", use.tombstones);
    put_cluster(all, state, now);
    put_heartbeat(all, state);
    put_machine(all, state, use);
    put_service(all, state);
    return all.text();
}

}  // namespace

void add_statistics_commands(Info& info, State& state) {
    info.add("statistics", [&state](const InfoCommand&, InfoSession& session) { return statistics(state, session); });
    info.add("objects",
             [&state](const InfoCommand&, InfoSession&) { return std::to_string(memory_use(state).objects); });
    info.add("get-stats", [](const InfoCommand& command, InfoSession&) -> std::string {
        const auto context = command.required({"context"});
        if (!context) return context.error();
        return *context == "xdr" ? "" : info_error(4, "invalid context");
    });
}

}  // namespace cairn::server
