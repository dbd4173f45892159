#pragma once
#include "common/runtime/task_group.h"
#include "node/partition/reads.h"

namespace cairn::txn {

/// Reads what is wanted. Work in the background looks once a millisecond whether it is there.
/// @return  false when the group is stopping.
runtime::Task<bool> read_wanted(runtime::TaskGroup& group, partition::Reads& reads);

}  // namespace cairn::txn
