#include <algorithm>

#include "node/geo/region.h"

namespace cairn::geo {
namespace {

constexpr size_t kHeaderSize = 3;
constexpr uint8_t kRegionFlag = 1;

}  // namespace

std::optional<ValueView> ValueView::of(Bytes value) {
    if (value.size() < kHeaderSize) return std::nullopt;
    const size_t cells_size = size_t{8} * load_be<uint16_t>(value.data() + 1);
    if (value.size() - kHeaderSize < cells_size) return std::nullopt;
    return ValueView{(value[0] & kRegionFlag) != 0, value.subspan(kHeaderSize, cells_size),
                     as_text(value.subspan(kHeaderSize + cells_size))};
}

size_t value_size(const std::vector<CellId>& cells, std::string_view text) {
    return kHeaderSize + 8 * cells.size() + text.size();
}

void write_value(uint8_t* at, const Region& region, const std::vector<CellId>& cells, std::string_view text) {
    at[0] = region.is_point() ? 0 : kRegionFlag;
    store_be(at + 1, uint16_t(cells.size()));
    at += kHeaderSize;
    for (const CellId cell : cells) {
        store_be(at, cell);
        at += 8;
    }
    std::ranges::copy(as_bytes(text), at);
}

bool within(Bytes stored, const Region& other) {
    const auto value = ValueView::of(stored);
    if (!value) return false;
    if (value->cell_count() != 0) {
        if (value->region != other.is_point()) return false;
        if (!value->region) return other.contains(value->cell(0));
        bool covered = false;
        for (size_t i = 0; i < value->cell_count(); ++i) covered |= range_of(value->cell(i)).contains(other.cell());
        if (!covered) return false;
    }
    const auto place = Region::parse(value->text);
    return place && within(*place, other);
}

bool within(Bytes stored, Bytes other) {
    const auto value = ValueView::of(other);
    if (!value) return false;
    const auto place = Region::parse(value->text);
    return place && within(stored, *place);
}

}  // namespace cairn::geo
