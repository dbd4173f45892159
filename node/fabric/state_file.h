#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/log/logger.h"
#include "common/runtime/machine.h"
#include "node/cluster/view_change.h"
#include "node/fabric/figures.h"

namespace cairn::fabric {

/// A node's durable cluster state: one small file, replaced as a whole. Writes go one after another; what changes
/// meanwhile is written together, in the latest state. A write that fails is tried again: until it succeeds the node
/// promises nothing.
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
    struct Pending {
        std::string bytes;
        std::vector<std::function<void()>> done;
    };
    void write_next();
    void written(const Result<void>& outcome);

    runtime::Disk& disk_;
    runtime::Loop& loop_;
    const std::string path_;
    log::Logger& log_;
    Figures& figures_;
    std::optional<Pending> next_;
    std::optional<Pending> writing_;
    std::unique_ptr<runtime::Timer> retry_;
    bool failed_ = false;  // the last write: said once
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for answers that come when this is gone
};

}  // namespace cairn::fabric
