#include "node/txn/sweep.h"

#include <algorithm>

#include "node/txn/read_wanted.h"

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
    uint32_t evictions = 0;    // likewise Evictions::rounds()
    Instant next_due{};
};

runtime::Task<Swept> sweep_namespace(runtime::TaskGroup& group, partition::Namespace& ns, Worker& worker, size_t first,
                                     size_t stride, bool evict) {
    Swept all;
    partition::Reads reads;
    for (size_t pid = first; pid < kPartitionCount; pid += stride) {
        for (partition::WalkPosition position; !position.done;) {
            const Swept leaf = sweep_leaf(ns, worker, static_cast<PartitionId>(pid), position, reads, evict);
            all.seen += leaf.seen;
            all.removed += leaf.removed;
            if (reads.wanting()) {
                if (!co_await read_wanted(group, reads)) co_return all;
                continue;
            }
            reads.clear();
            if (position.done && pid / stride % 16 != 0) break;
            if (!co_await group.yield()) co_return all;
        }
    }
    co_return all;
}

/// One round of one worker, with what it owes to those who asked for it.
runtime::Task<void> make_round(runtime::TaskGroup& group, partition::Namespace& ns, Worker& worker, Round& round,
                               size_t first, size_t stride) {
    const Instant began = worker.clock.now();
    const uint32_t truncations = ns.truncations.load(std::memory_order_acquire);
    const uint32_t evictions = ns.evictions.rounds();
    const bool evict = evictions != round.evictions;
    ns.sweeps_running.fetch_add(1, std::memory_order_relaxed);
    const Swept swept = co_await sweep_namespace(group, ns, worker, first, stride, evict);
    ns.sweeps_running.fetch_sub(1, std::memory_order_relaxed);
    if (evict) ns.evictions.end_share();
    round.truncations = truncations;
    round.evictions = evictions;
    const Instant now = worker.clock.now();
    round.next_due = now + std::chrono::seconds(ns.nsup_period_s.load(std::memory_order_relaxed));
    if (first != 0) co_return;  // the share of one worker stands for all: partitions are alike
    ns.nsup_cycle_s.store(static_cast<uint32_t>((now - began) / 1s), std::memory_order_relaxed);
    ns.nsup_cycle_deleted_hundredths_pct.store(
        static_cast<uint32_t>(swept.removed * 10'000 / std::max<uint64_t>(1, swept.seen)), std::memory_order_relaxed);
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

Swept sweep_leaf(partition::Namespace& ns, Worker& worker, PartitionId pid, partition::WalkPosition& position,
                 partition::Reads& reads, bool evict) {
    auto& counters = worker.counters[ns.index];
    return ns.partitions.with(pid, [&](partition::Partition& partition) {
        const partition::WalkPosition from = position;
        std::vector<record::Head*> leaf;
        partition.walk(position, leaf);
        Swept swept{.seen = leaf.size()};
        for (record::Head* record : leaf) {
            const bool gone = is_gone(ns, *record, worker.clock);
            if (!gone && !(evict && ns.evictable(*record) && ns.evictions.may_take(*record))) continue;
            if (partition.indexed() && partition.load(record, reads) == ResultCode::waiting) continue;
            if (!gone && !ns.evictions.takes(*record)) continue;
            if (is_expired(*record, worker.clock)) counters.expired_objects.add();
            else if (gone) counters.truncated_objects.add();
            else counters.evicted_objects.add();
            partition.erase(record);
            ++swept.removed;
        }
        if (reads.wanting()) {
            position = from;
            swept.seen = 0;
        }
        if (swept.removed != 0) partition.tidy();
        return swept;
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
            tidied = worker.clock.now();
        }
        for (size_t i = 0; i < namespaces.size() && !group.stopping(); ++i) {
            partition::Namespace& ns = *namespaces[i];
            Round& round = rounds[i];
            const bool asked = ns.truncations.load(std::memory_order_acquire) != round.truncations ||
                               ns.evictions.rounds() != round.evictions;
            const bool due =
                ns.nsup_period_s.load(std::memory_order_relaxed) != 0 && worker.clock.now() >= round.next_due;
            if (asked || due) co_await make_round(group, ns, worker, round, first, stride);
        }
    }
}

}  // namespace cairn::txn
