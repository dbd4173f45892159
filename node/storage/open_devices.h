#pragma once
#include <memory>
#include <vector>

#include "common/base/result.h"
#include "common/runtime/machine.h"
#include "node/storage/store_device.h"
#include "node/storage/store_options.h"

namespace cairn::storage {

/// Opens the devices of a namespace, in the order of their numbers in the set; new ones (zeros) are set up, all at once.
/// Blocks: for start-up.
/// @error  one sentence that names the device and what to do.
Result<std::vector<std::unique_ptr<StoreDevice>>> open_devices(runtime::Machine& machine, const StoreOptions& options);

/// Writes the superblock anew, in the other of its two places, and makes it durable.
Result<void> write_superblock(StoreDevice& device, const Superblock& superblock);

}  // namespace cairn::storage
