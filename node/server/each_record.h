#pragma once
#include <functional>

#include "common/runtime/task_group.h"
#include "node/partition/namespace.h"

namespace cairn::server {

/// Looks at the metadata of all records of a namespace: an index leaf at a time, with turns of the loop between them.
/// @param visit  runs inside the record's door: no waiting.
/// @return       false when the group stops before the end.
runtime::Task<bool> each_record(runtime::TaskGroup& group, partition::Namespace& ns,
                                std::function<void(const record::Head&)> visit);

}  // namespace cairn::server
