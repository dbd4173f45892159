#include "node/server/ticker.h"

#include "common/base/percent.h"
#include "node/server/limits_watch.h"

namespace cairn::server {
namespace {

uint64_t kilo(uint64_t bytes) { return bytes >> 10; }

void log_storage(const State& state, const partition::Namespace& ns) {
    const storage::StoreStats stored = ns.store->stats();
    state.log.info(log::Module::storage, "devices",
                   {{"namespace", ns.name},
                    {"used_pct", percent(stored.used, stored.size)},
                    {"free_blocks_pct", stored.free_pct()},
                    {"defrag_queue", stored.defrag_queue},
                    {"old_key_blocks", stored.old_key_blocks},
                    {"defrag_writes", stored.defrag_blocks_written},
                    {"write_amplification_pct", percent(stored.bytes_written, stored.bytes_appended)}});
}

/// While there is something to move.
void log_migrations(const State& state, const copies::Copies& copies, std::string_view name, size_t ns) {
    const auto left = copies.to_finish();
    if (left.sent + left.received == 0) return;
    const auto initial = copies.initial();
    const auto pace = state.migrations.of(ns);
    state.log.info(log::Module::migrate, "copies are being filled",
                   {{"namespace", std::string(name)},
                    {"partitions_left", left.sent + left.received},
                    {"of", initial.sent + initial.received},
                    {"active", left.active},
                    {"bytes_sent", copies.transfers().bytes_sent.load(std::memory_order_relaxed)},
                    {"bytes_received", copies.transfers().bytes_received.load(std::memory_order_relaxed)},
                    {"bytes_per_second", pace.bytes_per_second},
                    {"seconds_left", pace.eta_s ? std::to_string(*pace.eta_s) : std::string("unknown")}});
}

void log_figures(const State& state) {
    const VitalSigns vitals = state.vitals.get();
    state.log.info(log::Module::info, "node",
                   {{"connections", state.open_connections.load(std::memory_order_relaxed)},
                    {"queries", state.queries.active_count()},
                    {"process_cpu_pct", vitals.process_cpu_pct},
                    {"resident_kbytes", kilo(vitals.stats.resident_bytes)},
                    {"free_memory_kbytes", kilo(vitals.stats.memory_free_bytes)}});
    for (const auto& ns : state.namespaces) {
        const auto use = ns->partitions.memory_use();
        uint64_t reads = 0;
        uint64_t writes = 0;
        for (const auto* worker : state.namespace_counters) {
            const auto& commands = (*worker)[ns->index].commands;
            reads += commands[0][size_t(txn::Kind::read)].success.get();
            writes += commands[0][size_t(txn::Kind::write)].success.get();
        }
        state.log.info(log::Module::info, "namespace",
                       {{"name", ns->name},
                        {"objects", use.objects},
                        {"data_used_bytes", use.data_used},
                        {"data_held_bytes", use.data_held},
                        {"index_used_bytes", use.index_used},
                        {"client_reads", reads},
                        {"client_writes", writes},
                        {"stop_writes", ns->stop_writes()}});
        if (ns->store) log_storage(state, *ns);
        if (const auto* const copies = state.copies_of(*ns)) log_migrations(state, *copies, ns->name, ns->index);
    }
}

}  // namespace

runtime::Task<void> tick(runtime::TaskGroup& group, runtime::Machine& machine, State& state) {
    runtime::Clock& clock = group.loop().clock();
    LimitsWatch limits(state);
    Instant told = clock.now();
    while (co_await group.sleep(1s)) {
        const auto stats = machine.process_stats();
        state.vitals.update(stats, clock.now(), clock.epoch_ms());
        state.migrations.look(state.copies, clock.now());
        if (!state.loading.active()) limits.look(stats);  // what is free is not known before
        if (clock.now() - told < std::chrono::seconds(state.config()->service.ticker_interval_s)) continue;
        told = clock.now();
        state.latencies.turn(latency_totals(state), told);
        if (state.log.enabled(log::Module::info, log::Level::info)) log_figures(state);
    }
}

}  // namespace cairn::server
