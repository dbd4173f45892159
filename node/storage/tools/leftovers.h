#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "node/storage/tools/device_file.h"

namespace cairn::storage {

/// A block of which something is wrong.
struct DamagedBlock {
    size_t device;  // index in the devices
    uint32_t block;
    WalkReport report;
    /// Nothing in it is in use: the block was free.
    bool leftover = false;
};

/// Marks the blocks in which no version is the newest of its record. A power cut that met the first write of a block's next
/// life leaves old chunks with new sectors among them: that looks like damage, and is none.
/// @param devices  all of the namespace; where one is missing, newer versions may be, too.
void find_leftovers(std::span<DeviceFile> devices, std::span<DamagedBlock> damaged);

}  // namespace cairn::storage
