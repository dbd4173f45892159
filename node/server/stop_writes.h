#pragma once
#include <vector>

#include "common/runtime/process_stats.h"
#include "node/server/state.h"

namespace cairn::server {

/// Looks once a second at what stops writes: tells each namespace how full the machine is, and logs when a namespace
/// begins to refuse writes and when it takes them again.
class StopWritesWatch {
public:
    explicit StopWritesWatch(State& state) : state_(state), stopped_(state.namespaces.size()) {}

    void look(const runtime::ProcessStats& machine);

private:
    State& state_;               // outlives the watch
    std::vector<bool> stopped_;  // by namespace, at the last look
};

}  // namespace cairn::server
