#include "node/geo/region.h"

#include <s2/s2cell_id.h>
#include <s2/s2region.h>
#include <s2/s2region_coverer.h>

#include <utility>

namespace cairn::geo {
namespace {

/// More cells follow a shape more closely, and each is an entry of an index.
constexpr int kCoveringCellsMax = 12;
constexpr int kCoveringLevelMin = 1;

}  // namespace

CellRange range_of(CellId cell) {
    const S2CellId id(cell);
    return {id.range_min().id(), id.range_max().id()};
}

void append_ancestors(CellId point, std::vector<CellId>& cells) {
    const S2CellId leaf(point);
    for (int level = S2CellId::kMaxLevel; level >= 0; --level) cells.push_back(leaf.parent(level).id());
}

Region::Region(CellId point) : point_(point) {}
Region::Region(std::unique_ptr<S2Region> inside) : inside_(std::move(inside)) {}
Region::Region(Region&&) noexcept = default;
Region& Region::operator=(Region&&) noexcept = default;
Region::~Region() = default;

bool Region::contains(CellId point) const {
    return inside_ != nullptr && S2CellId(point).is_valid() && inside_->Contains(S2CellId(point).ToPoint());
}

std::vector<CellId> Region::covering() const {
    if (is_point()) return {point_};
    S2RegionCoverer::Options options;
    options.set_max_cells(kCoveringCellsMax);
    options.set_min_level(kCoveringLevelMin);
    std::vector<S2CellId> ids;
    S2RegionCoverer(options).GetCovering(*inside_, &ids);
    std::vector<CellId> cells;
    cells.reserve(ids.size());
    for (const S2CellId id : ids) cells.push_back(id.id());
    return cells;
}

bool within(const Region& a, const Region& b) {
    if (a.is_point() == b.is_point()) return false;
    return a.is_point() ? b.contains(a.cell()) : a.contains(b.cell());
}

}  // namespace cairn::geo
