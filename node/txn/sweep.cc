#include "node/txn/sweep.h"

#include <malloc.h>

namespace cairn::txn {
namespace {

constexpr int kTidyShares = 32;  // entries of a door between two turns of the loop
constexpr Duration kTidyPeriod = 10s;  // between looks at memory that writers left behind

bool is_expired(const record::Head& record, const runtime::Clock& clock) {
    return record.void_time != 0 && record.void_time <= clock.epoch_s();
}

/// One worker's memory of one namespace.
struct Round {
    uint32_t truncations = 0;  // of those done, what Namespace::truncations was
    Instant next_due{};
};

runtime::Task<void> sweep_namespace(runtime::TaskGroup& group, partition::Namespace& ns, Worker& worker, size_t first,
                                    size_t stride) {
    for (size_t pid = first; pid < kPartitionCount; pid += stride) {
        for (partition::WalkPosition position; !position.done;) {
            sweep_leaf(ns, worker, static_cast<PartitionId>(pid), position);
            if (position.done && pid / stride % 16 != 0) break;
            if (!co_await group.yield()) co_return;
        }
    }
}

/// Brings each slice's memory down to what its records need, and what is full into huge pages; every worker does its
/// share of the slices.
runtime::Task<void> tidy_slices(runtime::TaskGroup& group, partition::Namespace& ns, size_t first, size_t stride) {
    for (size_t slice = first; slice < ns.partitions.slice_count(); slice += stride) {
        bool more = true;
        while (more) {
            for (int share = 0; share < kTidyShares && more; ++share) more = ns.partitions.tidy_slice(slice);
            if (!co_await group.yield()) co_return;
        }
        while (ns.partitions.make_huge(slice)) {
            if (!co_await group.yield()) co_return;
        }
    }
}

}  // namespace

size_t sweep_leaf(partition::Namespace& ns, Worker& worker, PartitionId pid, partition::WalkPosition& position) {
    auto& counters = worker.counters[ns.index];
    return ns.partitions.with(pid, [&](partition::Partition& partition) {
        std::vector<record::Head*> leaf;
        partition.walk(position, leaf);
        size_t removed = 0;
        for (record::Head* record : leaf) {
            if (!is_gone(ns, *record, worker.clock)) continue;
            (is_expired(*record, worker.clock) ? counters.expired_objects : counters.truncated_objects).add();
            partition.erase(record);
            ++removed;
        }
        if (removed != 0) partition.tidy();
        return removed;
    });
}

runtime::Task<void> sweep(runtime::TaskGroup& group,
                          const std::vector<std::unique_ptr<partition::Namespace>>& namespaces, Worker& worker,
                          size_t first, size_t stride) {
    std::vector<Round> rounds(namespaces.size());
    Instant tidied = worker.clock.now();
    while (co_await group.sleep(100ms)) {
        if (worker.clock.now() - tidied >= kTidyPeriod) {
            for (const auto& ns : namespaces) co_await tidy_slices(group, *ns, first, stride);
            // What large commands needed for a moment: the C library keeps it for as long as anything lies above it.
            if (first == 0) ::malloc_trim(0);
            tidied = worker.clock.now();
        }
        for (size_t i = 0; i < namespaces.size() && !group.stopping(); ++i) {
            partition::Namespace& ns = *namespaces[i];
            Round& round = rounds[i];
            const uint32_t asked = ns.truncations.load(std::memory_order_acquire);
            const auto period = std::chrono::seconds(ns.nsup_period_s.load(std::memory_order_relaxed));
            const bool due = period > Duration::zero() && worker.clock.now() >= round.next_due;
            if (asked == round.truncations && !due) continue;
            ns.sweeps_running.fetch_add(1, std::memory_order_relaxed);
            co_await sweep_namespace(group, ns, worker, first, stride);
            ns.sweeps_running.fetch_sub(1, std::memory_order_relaxed);
            round.truncations = asked;
            round.next_due = worker.clock.now() + period;
        }
    }
}

}  // namespace cairn::txn
