#pragma once
#include <vector>

#include "common/runtime/process_stats.h"
#include "node/server/state.h"

namespace cairn::server {

/// Looks once a second at what is used of all that has limits: tells each namespace whether it is too much for clients'
/// writes, and whether to evict, and logs when either begins, changes its reason, and ends.
class LimitsWatch {
public:
    explicit LimitsWatch(State& state) : state_(state), told_(state.namespaces.size()) {}

    void look(const runtime::ProcessStats& machine);

private:
    struct Told {  // of one namespace, at the last look
        partition::StopWrites stopped = partition::StopWrites::none;
        partition::EvictMark evicting = partition::EvictMark::none;
    };

    State& state_;  // outlives the watch
    std::vector<Told> told_;
};

}  // namespace cairn::server
