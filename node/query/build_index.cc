#include "node/query/build_index.h"

#include "node/txn/read_wanted.h"

namespace cairn::query {
namespace {

constexpr uint64_t kSmall = 2'000;  // records: some milliseconds

enum class Outcome : uint8_t { done, waiting, deleted };

/// Enters one leaf. Records that are gone for clients but still here have entries, too: they end with the record.
Outcome enter_leaf(partition::Namespace& ns, const partition::SecondaryIndex& index, PartitionId pid,
                   partition::WalkPosition& position, partition::Reads& reads, std::vector<record::Head*>& leaf) {
    return ns.partitions.with(pid, [&](partition::Partition& partition) {
        partition::WalkPosition from = position;  // what is left of the leaf: before the first that has to be read
        partition.walk(position, leaf);
        bool waits = false;
        for (size_t i = 0; i < leaf.size(); ++i) {
            record::Head* record = leaf[i];
            const ResultCode code = partition.load(record, reads);
            if (code == ResultCode::waiting && !waits) {
                waits = true;
                if (i > 0) from = partition::WalkPosition::after(leaf[i - 1]->digest);
            }
            if (waits && reads.full()) break;
            if (code != ResultCode::ok) continue;  // not here yet, or damaged
            if (!partition.add_entries(index, *record)) return Outcome::deleted;
        }
        if (waits) position = from;
        return waits ? Outcome::waiting : Outcome::done;
    });
}

void count_partition(partition::SecondaryIndex& index) {
    if (index.partitions_built.fetch_add(1, std::memory_order_acq_rel) + 1 == kPartitionCount) {
        index.readable.store(true, std::memory_order_release);
    }
}

}  // namespace

runtime::Task<void> build_index(runtime::TaskGroup& group, partition::Namespace& ns, txn::Worker& worker,
                                std::shared_ptr<partition::SecondaryIndex> index, size_t first, size_t stride) {
    const Instant began = worker.clock.now();
    partition::Reads reads;
    std::vector<record::Head*> leaf;
    for (size_t pid = first; pid < kPartitionCount; pid += stride) {
        for (partition::WalkPosition position; !position.done;) {
            const Outcome outcome = enter_leaf(ns, *index, static_cast<PartitionId>(pid), position, reads, leaf);
            if (outcome == Outcome::deleted) co_return;
            if (outcome == Outcome::waiting) {
                if (!co_await txn::read_wanted(group, reads)) co_return;
                continue;
            }
            reads.clear();
            if (leaf.empty() && position.done && pid / stride % 64 != 0) break;  // empty ones need no turn each
            if (!co_await group.yield()) co_return;
        }
        const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(worker.clock.now() - began);
        index->build_ms.store(static_cast<uint64_t>(took.count()), std::memory_order_relaxed);
        count_partition(*index);
    }
}

bool build_small_index(partition::Namespace& ns, partition::SecondaryIndex& index) {
    if (ns.store || ns.partitions.memory_use().objects > kSmall) return false;
    partition::Reads reads;  // nothing is read
    std::vector<record::Head*> leaf;
    for (uint32_t pid = 0; pid < kPartitionCount; ++pid) {
        for (partition::WalkPosition position; !position.done;) {
            if (enter_leaf(ns, index, static_cast<PartitionId>(pid), position, reads, leaf) == Outcome::deleted) {
                return true;
            }
        }
        count_partition(index);
    }
    return true;
}

}  // namespace cairn::query
