#pragma once
#include <memory>
#include <vector>

#include "common/log/logger.h"
#include "common/runtime/machine.h"
#include "node/config/node_config.h"
#include "node/partition/sets.h"
#include "node/storage/store.h"

namespace cairn {

/// What the namespaces of a node store on its devices, opened and not yet loaded.
struct Stores {
    std::vector<std::unique_ptr<storage::Store>> stores;  // by namespace; nothing: in memory
    /// Where each finds the names of its sets: set once the namespace exists.
    std::vector<std::shared_ptr<const partition::Sets*>> sets;
};

/// Opens the devices of every namespace that has some. Blocks: for start-up.
/// @param machine, logger  outlive the stores.
/// @error  one sentence that names the namespace, the device or setting, and what to do.
Result<Stores> open_stores(runtime::Machine& machine, const NodeConfig& config, uint64_t node_id, log::Logger& logger);

}  // namespace cairn
