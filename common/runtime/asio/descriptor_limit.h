#pragma once
#include <cstdint>

namespace cairn::runtime {

/// Raises this process' limit of open descriptors as far as it may: from its soft limit to its hard one.
/// @return  how many may be open from now on; ~0 when there is no limit.
uint64_t raise_descriptor_limit();

}  // namespace cairn::runtime
