#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "common/log/logger.h"
#include "common/runtime/disk.h"
#include "common/runtime/task_group.h"
#include "node/cluster/racks.h"

namespace cairn {

/// The rack that a file names (`network.rack-id-file`): a number, or a text such as the value of a topology label, which
/// stands for the same id on every node. What mounts the file may write it late and change it. A file that is missing,
/// empty or no name changes nothing: the rack that was known stays.
class RackFile {
public:
    /// @param disk, logger  outlive this.
    RackFile(runtime::Disk& disk, std::string path, log::Logger& logger)
        : disk_(disk), path_(std::move(path)), log_(logger) {}

    /// Reads the file. @return  whether the rack is another one than before.
    bool look();
    /// 0 to 1,000,000; 0: none, or none is known yet.
    uint32_t rack() const { return rack_; }

    static constexpr Duration kEvery = 2s;
    static constexpr size_t kNameBytesMax = 253;

private:
    Result<std::string> read() const;

    runtime::Disk& disk_;
    const std::string path_;
    log::Logger& log_;
    cluster::RackNames names_;
    uint32_t rack_ = 0;
    std::string problem_;  // the last one, said once
};

/// Looks every few seconds until the group ends; `changed` runs when the rack is another one.
/// @param file  outlives the group.
runtime::Task<void> watch_rack(runtime::TaskGroup& group, RackFile& file, std::function<void()> changed);

}  // namespace cairn
