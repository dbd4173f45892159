#include "node/server/limits_watch.h"

#include <algorithm>

#include "common/base/percent.h"

namespace cairn::server {
namespace {

using partition::EvictMark;
using partition::Namespace;
using partition::StopWrites;

uint64_t memory_used_pct(const runtime::ProcessStats& machine) {
    const uint64_t total = machine.memory_total_bytes;
    return percent(total - std::min(total, machine.memory_free_bytes), total);
}

/// A limit by its name, what it is set to, and what it is compared with.
struct Limit {
    std::string_view name;
    uint64_t limit_pct = 0;
    uint64_t now_pct = 0;
};

Limit stop_limit(StopWrites stopped, const NamespaceConfig& config, const Namespace::Use& use, uint64_t machine_pct) {
    switch (stopped) {
        case StopWrites::used:
            return {"stop-writes-used-pct", config.storage_engine.stop_writes_used_pct,
                    percent(use.data_used, use.data_size)};
        case StopWrites::available:
            return {"stop-writes-avail-pct", config.storage_engine.stop_writes_avail_pct, use.data_available_pct};
        case StopWrites::indexes_memory:
            return {"indexes-memory-budget", 100, percent(use.index_bytes, use.index_budget)};
        default: return {"stop-writes-sys-memory-pct", config.stop_writes_sys_memory_pct, machine_pct};
    }
}

Limit evict_limit(EvictMark mark, const NamespaceConfig& config, const Namespace::Use& use) {
    if (mark == EvictMark::used) {
        return {"evict-used-pct", config.storage_engine.evict_used_pct, percent(use.data_used, use.data_size)};
    }
    return {"evict-indexes-memory-pct", config.evict_indexes_memory_pct, percent(use.index_bytes, use.index_budget)};
}

void log_begin(log::Logger& logger, std::string_view event, const Namespace& ns, const Limit& limit) {
    logger.warning(
        log::Module::namespace_, event,
        {{"namespace", ns.name}, {"limit", limit.name}, {"limit_pct", limit.limit_pct}, {"now_pct", limit.now_pct}});
}

}  // namespace

void LimitsWatch::look(const runtime::ProcessStats& machine) {
    const auto config = state_.config();
    const uint64_t machine_pct = memory_used_pct(machine);
    for (const auto& ns : state_.namespaces) {
        const NamespaceConfig& settings = config->namespaces[ns->index];
        Told& told = told_[ns->index];
        const uint64_t limit_pct = settings.stop_writes_sys_memory_pct;
        ns->machine_is_full.store(limit_pct != 0 && machine_pct > limit_pct, std::memory_order_relaxed);
        const Namespace::Use use = ns->use();
        ns->look(use);

        const StopWrites stopped = ns->stopped_by();
        if (stopped != told.stopped) {
            if (stopped == StopWrites::none) {
                const Limit limit = stop_limit(told.stopped, settings, use, machine_pct);
                state_.log.info(log::Module::namespace_, "stop-writes off",
                                {{"namespace", ns->name}, {"limit", limit.name}, {"now_pct", limit.now_pct}});
            } else {
                log_begin(state_.log, "stop-writes on", *ns, stop_limit(stopped, settings, use, machine_pct));
            }
            told.stopped = stopped;
        }
        const EvictMark mark = ns->evict_mark.load(std::memory_order_relaxed);
        if ((mark == EvictMark::none) != (told.evicting == EvictMark::none)) {
            if (mark == EvictMark::none) {
                state_.log.info(log::Module::namespace_, "below the evict mark", {{"namespace", ns->name}});
            } else {
                log_begin(state_.log, "above the evict mark", *ns, evict_limit(mark, settings, use));
            }
        }
        told.evicting = mark;
    }
}

}  // namespace cairn::server
