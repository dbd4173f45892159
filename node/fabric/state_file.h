#pragma once
#include <functional>
#include <optional>
#include <string>

#include "common/log/logger.h"
#include "common/runtime/machine.h"
#include "node/cluster/view_change.h"
#include "node/fabric/figures.h"
#include "node/fabric/latest_file.h"

namespace cairn::fabric {

/// A node's durable cluster state: one small file, replaced as a whole. A write that fails is tried again: until it
/// succeeds the node promises nothing.
class StateFile {
public:
    /// All but the path outlive this.
    StateFile(runtime::Disk& disk, runtime::Loop& loop, std::string path, log::Logger& logger, Figures& figures);

    /// Blocks: at start.
    /// @return  nothing when there is no file.
    /// @error   it cannot be read, or is damaged: the sentence names it.
    Result<std::optional<cluster::DurableState>> load() const;

    /// @param done  runs later, when `state` or a later one is durable.
    void store(const cluster::DurableState& state, std::function<void()> done);

private:
    void written(const Result<void>& outcome);

    runtime::Disk& disk_;
    log::Logger& log_;
    Figures& figures_;
    LatestFile file_;
    bool failed_ = false;  // the last write: said once
};

}  // namespace cairn::fabric
