#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/runtime/disk.h"
#include "common/runtime/loop.h"

namespace cairn::fabric {

/// A small file that is replaced as a whole, without blocking. Writes go one after another; what changes meanwhile is
/// written together, in the latest state. A write that fails is tried again each second, until it succeeds.
class LatestFile {
public:
    /// @param tell  is called after each write, with what came of it. All but the path outlive this.
    LatestFile(runtime::Disk& disk, runtime::Loop& loop, std::string path,
               std::function<void(const Result<void>&)> tell);

    const std::string& path() const { return path_; }
    /// @param done  runs later, when `bytes` or later ones are durable.
    void store(std::string bytes, std::function<void()> done);

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
    const std::function<void(const Result<void>&)> tell_;
    std::optional<Pending> next_;
    std::optional<Pending> writing_;
    std::unique_ptr<runtime::Timer> retry_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for answers that come when this is gone
};

}  // namespace cairn::fabric
