#include "node/server/stop_writes.h"

namespace cairn::server {
namespace {

using partition::StopWrites;

uint64_t memory_used_pct(const runtime::ProcessStats& machine) {
    const uint64_t total = machine.memory_total_bytes;
    return total == 0 ? 0 : (total - std::min(total, machine.memory_free_bytes)) * 100 / total;
}

void log_begin(log::Logger& logger, const partition::Namespace& ns, const NamespaceConfig& config, StopWrites limit,
               uint64_t machine_pct) {
    const uint64_t size = std::max<uint64_t>(1, config.storage_engine.data_size_bytes);
    const storage::StoreStats stored = ns.store ? ns.store->stats() : storage::StoreStats{};
    std::string_view name = "stop-writes-sys-memory-pct";
    uint64_t limit_pct = config.stop_writes_sys_memory_pct;
    uint64_t now_pct = machine_pct;
    if (limit == StopWrites::used) {
        name = "stop-writes-used-pct";
        limit_pct = config.storage_engine.stop_writes_used_pct;
        now_pct = ns.store ? stored.used * 100 / std::max<uint64_t>(1, stored.size)
                           : ns.partitions.totals().used_bytes.load(std::memory_order_relaxed) * 100 / size;
    } else if (limit == StopWrites::available) {
        name = "stop-writes-avail-pct";
        limit_pct = config.storage_engine.stop_writes_avail_pct;
        const uint64_t held = ns.partitions.totals().held_bytes.load(std::memory_order_relaxed);
        now_pct = ns.store ? stored.free_blocks * 100 / std::max<uint64_t>(1, stored.total_blocks)
                           : (size - std::min(size, held)) * 100 / size;
    }
    logger.warning(log::Module::namespace_, "stop-writes on",
                   {{"namespace", ns.name}, {"limit", name}, {"limit_pct", limit_pct}, {"now_pct", now_pct}});
}

}  // namespace

void StopWritesWatch::look(const runtime::ProcessStats& machine) {
    const auto config = state_.config();
    const uint64_t machine_pct = memory_used_pct(machine);
    for (const auto& ns : state_.namespaces) {
        const NamespaceConfig& settings = config->namespaces[ns->index];
        const uint64_t limit_pct = settings.stop_writes_sys_memory_pct;
        ns->machine_is_full.store(limit_pct != 0 && machine_pct > limit_pct, std::memory_order_relaxed);
        if (ns->store) ns->look_at_devices(ns->store->stats());
        const StopWrites limit = ns->stopped_by();
        const bool stopped = limit != StopWrites::none;
        if (stopped == stopped_[ns->index]) continue;
        stopped_[ns->index] = stopped;
        if (stopped) {
            log_begin(state_.log, *ns, settings, limit, machine_pct);
        } else {
            state_.log.info(log::Module::namespace_, "stop-writes off", {{"namespace", ns->name}});
        }
    }
}

}  // namespace cairn::server
