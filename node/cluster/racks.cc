#include "node/cluster/racks.h"

#include <charconv>
#include <optional>

#include "common/base/hash.h"

namespace cairn::cluster {
namespace {

std::optional<uint32_t> as_number(std::string_view name) {
    uint32_t id = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
    const bool whole = error == std::errc{} && end == name.data() + name.size() && name.front() != '0';
    if (!whole || id > kRackIdMax) return std::nullopt;
    return id;
}

}  // namespace

uint32_t RackNames::id_of(std::string_view name) {
    if (name.empty()) return 0;
    if (const auto number = as_number(name)) return *number;
    if (const auto known = ids_.find(name); known != ids_.end()) return known->second;
    uint32_t id = static_cast<uint32_t>(hash64(as_bytes(name)) % kRackIdMax) + 1;
    while (names_.contains(id)) id = id % kRackIdMax + 1;
    ids_.emplace(name, id);
    names_.emplace(id, name);
    return id;
}

std::string_view RackNames::name_of(uint32_t id) const {
    const auto known = names_.find(id);
    return known == names_.end() ? std::string_view() : std::string_view(known->second);
}

}  // namespace cairn::cluster
