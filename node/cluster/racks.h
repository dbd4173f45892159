#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace cairn::cluster {

constexpr uint32_t kRackIdMax = 1'000'000;  // as `rack-id` allows

/// Ids for racks that are known by name ("eu-west-1a"), as clients and tools know numbers only. A name has the same id
/// on every node that learnt the same names in the same order, and keeps it while others come; without a collision
/// (two of ten names: 1 in 20,000) it does not depend on the others at all. A name that is a number from 1 to
/// kRackIdMax is that number.
class RackNames {
public:
    /// @return  the name's id, 1 to kRackIdMax; 0 for the empty name, which is no rack.
    uint32_t id_of(std::string_view name);
    /// Empty when no name has this id.
    std::string_view name_of(uint32_t id) const;

private:
    std::map<std::string, uint32_t, std::less<>> ids_;
    std::map<uint32_t, std::string> names_;
};

}  // namespace cairn::cluster
