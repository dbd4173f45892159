#pragma once
#include <cstdint>
#include <string_view>

#include "common/base/buffer.h"
#include "common/base/bytes.h"

/// The dialect of MessagePack in which lists and maps are stored and sent. Strings, blobs and GeoJSON share the raw
/// family; the first content byte tells them apart. Format: docs/protocol.md, "Lists and maps".
namespace cairn::record::msgpack {

/// Kinds of value, in the protocol's order: every value of a kind sorts before every value of a later one.
enum class Type : uint8_t {
    nil,
    false_value,
    true_value,
    integer,
    string,
    list,
    map,
    bytes,
    floating,
    geojson,
    ext,
    infinity,  // above all; only in comparisons, never stored
    wildcard,  // equal to all; only in comparisons, never stored
};

/// Containers within containers, the outermost counted. Deeper values are refused.
constexpr uint32_t kDepthMax = 256;

/// First content byte of a raw value. Every other one, and no content at all, is Type::bytes.
constexpr uint8_t kStringPrefix = 3, kBlobPrefix = 4, kGeojsonPrefix = 23;

/// Type byte of a container's metadata element.
namespace flag {
constexpr uint8_t ordered = 0x01;         // list, or map by key
constexpr uint8_t value_ordered = 0x02;   // map
constexpr uint8_t preserve_order = 0x08;  // map, in replies
constexpr uint8_t persist_index = 0x10;
}  // namespace flag

/// The ext type of infinity and wildcard, which no metadata and no stored value has.
constexpr uint8_t kExtComparison = 0xFF;

/// A scalar, or the header of a container. `content` is a view into the bytes read.
struct Element {
    Type type;
    bool canonical;      // encoded as the write functions below do
    bool fixed_ext;      // ext of a size that its first byte tells
    uint8_t ext_type;    // ext, infinity, wildcard
    uint32_t count;      // list: elements, map: pairs; as announced, metadata included
    int64_t integer;     // an unsigned 64-bit value above the range is its bit pattern
    double floating;     // also of a 32-bit float
    Bytes content;       // raw: with the prefix byte; ext: what follows the type byte

    bool container() const { return type == Type::list || type == Type::map; }
    /// Whether this is metadata when it is a list's first element or a map's first key.
    bool metadata() const { return type == Type::ext && ext_type != kExtComparison; }
    /// Values that follow a container's header.
    uint64_t children() const { return type == Type::list ? count : type == Type::map ? uint64_t{2} * count : 0; }
};

/// Walks encoded values from front to back; never reads past the end.
class Reader {
public:
    explicit Reader(Bytes bytes) : begin_(bytes.data()), at_(begin_), end_(begin_ + bytes.size()) {}

    /// The next scalar or container header. A container's children are the elements that follow.
    /// @return  false when it is cut short or no known encoding; the position is then unspecified.
    bool next(Element& element);
    /// Passes one value with all it contains, of any depth.
    bool skip();

    size_t position() const { return size_t(at_ - begin_); }
    bool at_end() const { return at_ == end_; }

private:
    size_t left() const { return size_t(end_ - at_); }
    template <class T>
    bool load(T& value);
    bool raw(Element& element, size_t size);
    bool ext(Element& element, size_t size);

    const uint8_t* begin_;
    const uint8_t* at_;
    const uint8_t* end_;
};

/// The protocol's order of values: less than, equal to or greater than 0. The first value of each argument counts,
/// what follows it is not looked at. Metadata is passed over; a wildcard ends the comparison with "equal".
/// Both must be well-formed and at most kDepthMax deep: others get some answer, safely, that is no order.
/// NaN sorts before all other doubles.
int compare(Bytes a, Bytes b);
/// The same for two scalars already read, neither of them a wildcard.
int compare_scalars(const Element& a, const Element& b);

/// Appends in the smallest form.
void write_nil(Buffer& out);
void write_bool(Buffer& out, bool value);
void write_int(Buffer& out, int64_t value);
void write_double(Buffer& out, double value);
/// @param content  with its prefix byte; below 4 GiB.
void write_raw(Buffer& out, Bytes content);
void write_string(Buffer& out, std::string_view text);
/// @param count  elements or pairs that follow, metadata included.
void write_list_header(Buffer& out, uint32_t count);
void write_map_header(Buffer& out, uint32_t count);
/// A list's metadata element. A map's is followed by nil.
void write_metadata(Buffer& out, uint8_t flags);

}  // namespace cairn::record::msgpack
