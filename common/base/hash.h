#pragma once
#include <cstdint>

#include "common/base/bytes.h"

namespace cairn {

/// XXH3-64: checksums of what is stored, hash tables of names. Not for secrets.
uint64_t hash64(Bytes bytes, uint64_t seed = 0);

}  // namespace cairn
