#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/log/logger.h"
#include "common/runtime/machine.h"

namespace cairn::fabric {

/// Where the other members of the last view listened, for the next start: a node whose seeds are gone then still finds
/// the others. Hints alone: a file that is missing, damaged or cannot be written costs nothing else.
class AddressFile {
public:
    /// All but the path outlive this.
    AddressFile(runtime::Disk& disk, runtime::Loop& loop, std::string path, log::Logger& logger);

    /// Blocks: at start.
    /// @return  what was stored last; nothing when there is no file, or when it is damaged, which is logged.
    std::vector<runtime::Endpoint> load();
    /// Without waiting; what cannot be written is logged, and written with the next change.
    void store(const std::vector<runtime::Endpoint>& addresses);

private:
    void write(std::string bytes);

    runtime::Disk& disk_;
    runtime::Loop& loop_;
    const std::string path_;
    log::Logger& log_;
    std::string stored_;               // as it is in the file, or is being written
    std::optional<std::string> next_;  // while another is written
    bool writing_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for answers that come when this is gone
};

}  // namespace cairn::fabric
