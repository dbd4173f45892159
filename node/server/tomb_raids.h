#pragma once
#include "common/runtime/task_group.h"

namespace cairn::server {

class State;

/// Ends tombstones of namespaces on devices every `tomb-raider-period`: those older than `tomb-raider-eligible-age` that
/// bury nothing any more. On worker 0.
runtime::Task<void> raid_tombs(runtime::TaskGroup& group, State& state);

}  // namespace cairn::server
