#pragma once
#include <memory>

#include "common/runtime/task_group.h"
#include "node/partition/namespace.h"
#include "node/txn/command.h"

namespace cairn::query {

/// Enters the records that were there before a secondary index into it, while it already knows all changes: those of
/// every `stride`-th partition from `first`, one leaf between two turns of the loop. Who enters the last partition makes
/// the index readable. Ends early when the index is deleted.
runtime::Task<void> build_index(runtime::TaskGroup& group, partition::Namespace& ns, txn::Worker& worker,
                                std::shared_ptr<partition::SecondaryIndex> index, size_t first, size_t stride);

/// The same at once, where that is quick: for namespaces in memory with few records.
/// @return  false: there are too many.
bool build_small_index(partition::Namespace& ns, partition::SecondaryIndex& index);

}  // namespace cairn::query
