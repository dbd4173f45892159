#pragma once
#include <cstdint>

#include "common/base/bytes.h"

namespace cairn::sindex {

/// The hash by which an index knows strings and blobs: wyhash, final version 3, with the seed of the original server.
/// Clients see it in replies and send it back to resume, perhaps to another node.
uint64_t value_hash(Bytes bytes);

}  // namespace cairn::sindex
