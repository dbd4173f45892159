#include "node/server/tomb_raids.h"

#include <algorithm>

#include "node/partition/graves.h"
#include "node/server/state.h"

namespace cairn::server {
namespace {

runtime::Task<void> raid(runtime::TaskGroup& group, State& state, partition::Namespace& ns) {
    const uint64_t now_ms = group.loop().clock().epoch_ms();
    const uint64_t age_ms = uint64_t{ns.tomb_raider_eligible_age_s.load(std::memory_order_relaxed)} * 1000;
    partition::NamespaceGraves graves(ns.partitions, now_ms - std::min(now_ms, age_ms));
    const storage::RaidReport report = co_await ns.store->raid(group, graves);
    if (report.looked_at == 0 || group.stopping()) co_return;
    state.log.log(report.complete ? log::Level::info : log::Level::warning, log::Module::storage,
                  report.complete ? "tombstones looked at" : "tombstones stay: a device cannot be read",
                  {{"namespace", ns.name}, {"looked_at", report.looked_at}, {"ended", report.ended}});
}

}  // namespace

runtime::Task<void> raid_tombs(runtime::TaskGroup& group, State& state) {
    runtime::Clock& clock = group.loop().clock();
    std::vector<Instant> done(state.namespaces.size(), clock.now());
    while (co_await group.sleep(1s)) {
        for (size_t i = 0; i < done.size() && !group.stopping(); ++i) {
            partition::Namespace& ns = *state.namespaces[i];
            const auto period = std::chrono::seconds(ns.tomb_raider_period_s.load(std::memory_order_relaxed));
            if (!ns.store || period == Duration::zero() || clock.now() - done[i] < period) continue;
            co_await raid(group, state, ns);
            done[i] = clock.now();
        }
    }
}

}  // namespace cairn::server
