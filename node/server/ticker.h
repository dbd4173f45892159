#pragma once
#include "common/runtime/machine.h"
#include "common/runtime/task_group.h"
#include "node/server/state.h"

namespace cairn::server {

/// Once a second the machine's figures; every `ticker-interval` one log line and a new latency interval. On worker 0.
runtime::Task<void> tick(runtime::TaskGroup& group, runtime::Machine& machine, State& state);

}  // namespace cairn::server
