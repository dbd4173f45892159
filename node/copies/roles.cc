#include "node/copies/roles.h"

#include <algorithm>

namespace cairn::copies {

size_t Roles::count(Role role) const {
    return static_cast<size_t>(std::ranges::count_if(
        roles_, [&](const std::atomic<Role>& one) { return one.load(std::memory_order_relaxed) == role; }));
}

}  // namespace cairn::copies
