#pragma once
#include <memory>
#include <vector>

#include "common/runtime/task_group.h"
#include "node/partition/namespace.h"
#include "node/txn/command.h"

namespace cairn::txn {

/// Removes records that are gone already for clients, expired or truncated, and so frees their memory: every
/// `nsup-period`, and after each truncation; and those that a round of eviction takes. Each worker sweeps every `stride`-th partition from `first`, one index
/// leaf between two turns of its loop.
runtime::Task<void> sweep(runtime::TaskGroup& group,
                          const std::vector<std::unique_ptr<partition::Namespace>>& namespaces, Worker& worker,
                          size_t first, size_t stride);

struct Swept {
    uint64_t seen = 0;  // records
    uint64_t removed = 0;
};
/// One leaf of one partition.
/// @param reads  what secondary indexes need to know of records in a store before they end. When it wants something
///               afterwards, the position is where it was: the leaf is swept again when that has been read.
/// @param evict  also removes what the round of eviction that was asked for takes.
Swept sweep_leaf(partition::Namespace& ns, Worker& worker, PartitionId pid, partition::WalkPosition& position,
                 partition::Reads& reads, bool evict = false);

}  // namespace cairn::txn
