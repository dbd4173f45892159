#pragma once
#include <cstdint>

#include "common/base/bytes.h"

namespace cairn::blob {

struct Hash128 {
    uint64_t low;
    uint64_t high;
};

/// MurmurHash3, the 128-bit variant for 64-bit machines, with seed 0: part of the form of a sketch.
Hash128 murmur3(Bytes bytes);

}  // namespace cairn::blob
