#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"

class S2Region;

/// Places on the globe, written as GeoJSON: points, polygons, multi-polygons, circles.
namespace cairn::geo {

/// A square of the globe at one of 31 levels, as S2 numbers them: a cell's descendants lie around its own number. The
/// smallest, leaves, are about a centimetre wide; a point is the leaf it falls in.
using CellId = uint64_t;

/// The leaves of one cell.
struct CellRange {
    CellId first;
    CellId last;  // the range's own

    bool contains(CellId cell) const { return cell >= first && cell <= last; }
};
CellRange range_of(CellId cell);

/// Appends the cells around a point, itself included, from the smallest to the largest: those by which an index of
/// coverings knows the regions that may contain it.
void append_ancestors(CellId point, std::vector<CellId>& cells);

/// A place: a point, or a region that has an inside.
class Region {
public:
    /// Reads Point, Polygon, MultiPolygon, AeroCircle ([centre, radius in metres]) or a Feature around one of them.
    /// Longitudes are within 180 and latitudes within 90 degrees; rings are closed, do not cross themselves or each
    /// other, and enclose the smaller part of the globe, in whichever direction they run; a circle of negative radius
    /// is empty.
    /// @return  nothing when the text is anything else. Rules: docs/protocol.md, "GeoJSON".
    static std::optional<Region> parse(std::string_view text);

    Region(Region&&) noexcept;
    Region& operator=(Region&&) noexcept;
    ~Region();

    bool is_point() const { return inside_ == nullptr; }
    /// Of a point.
    CellId cell() const { return point_; }
    /// Whether the point is inside; false for a place that is a point itself.
    bool contains(CellId point) const;

    /// Cells that cover the place, ascending, none of them inside another: a point's own, or some few.
    std::vector<CellId> covering() const;

private:
    explicit Region(CellId point);
    explicit Region(std::unique_ptr<S2Region> inside);

    CellId point_ = 0;
    std::unique_ptr<S2Region> inside_;  // null: a point
};

/// Whether one is a point and the other a region that contains it.
bool within(const Region& a, const Region& b);

/// A view of a GeoJSON value: flags u8 (bit 0: a region), cell count u16, cells of u64, text. Values that clients send
/// have no cells, or cells that mean nothing; stored values have the covering of their place.
struct ValueView {
    bool region = false;
    Bytes cells;
    std::string_view text;

    /// @return  nothing when the bytes end too early.
    static std::optional<ValueView> of(Bytes value);

    size_t cell_count() const { return cells.size() / 8; }
    CellId cell(size_t index) const { return load_be<CellId>(cells.data() + index * 8); }
};

/// Bytes of a value with this covering and text.
size_t value_size(const std::vector<CellId>& cells, std::string_view text);
/// Writes it at `at`.
void write_value(uint8_t* at, const Region& region, const std::vector<CellId>& cells, std::string_view text);

/// within() for a stored value: its cells decide, as far as they can, before its text is read. A value without cells is
/// read; one that is damaged is nowhere.
bool within(Bytes stored, const Region& other);
bool within(Bytes stored, Bytes other);

}  // namespace cairn::geo
