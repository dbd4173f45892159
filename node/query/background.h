#pragma once
#include <memory>

#include "common/base/buffer.h"
#include "common/runtime/task_group.h"
#include "common/wire/message.h"
#include "node/partition/namespace.h"
#include "node/query/index_walk.h"
#include "node/query/monitor.h"
#include "node/txn/command.h"

namespace cairn::query {

/// Checks a background job's request: write operations only and at least one, or a function to call.
/// @return  ok, or the code that refuses it (docs/protocol.md, "Background queries").
ResultCode check_background(const wire::Message& message);

/// Runs a command's operations on every record of a namespace or set, a few hundred records between two turns of the
/// loop. Each record is changed by an ordinary write that does not create; records that changed meanwhile are written
/// as they are then.
/// @param frame  holds the request; `message` was parsed from it.
/// @param by_index  the candidates of a query over a secondary index; null: all records.
runtime::Task<void> run_background(runtime::TaskGroup& group, partition::Namespace& ns, txn::Worker& worker,
                                   Buffer frame, std::unique_ptr<wire::Message> message, partition::SetId set,
                                   std::shared_ptr<Job> job, Monitor& monitor,
                                   std::unique_ptr<IndexWalk> by_index = nullptr);

}  // namespace cairn::query
