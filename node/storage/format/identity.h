#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "common/base/result.h"
#include "node/storage/format/superblock.h"

/// Whether devices are the ones that a namespace of this node was told to use. Every error is one sentence that names
/// the device, what was found, what was expected, and what to do.
namespace cairn::storage {

struct ExpectedDevice {
    std::string path;  // as the configuration names it
    std::string namespace_name;
    Uuid cluster;  // nil: this node has no cluster yet, any is accepted
    uint64_t node_id = 0;
    uint16_t device_count = 1;  // configured for the namespace
    uint64_t device_bytes = 0;  // what the device has now
};

/// One device by itself. A blank one is an error too: look at the state first.
Result<void> verify(const SuperblockChoice& found, const ExpectedDevice& expected);

struct NamedSuperblock {
    std::string path;
    Superblock superblock;
};
/// All devices of a namespace together, each verified: one set, every number once.
Result<void> verify_set(std::span<const NamedSuperblock> devices);

}  // namespace cairn::storage
