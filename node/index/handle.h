#pragma once
#include <cstdint>

namespace cairn::index {

/// The place of a record in its slice's arena: 40 bits, in 16-byte units from the arena's start. 0: no record.
using Handle = uint64_t;
constexpr uint32_t kHandleBits = 40;

}  // namespace cairn::index
