#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "common/base/bytes.h"

/// Long lists and maps carry, in their stored form, the places of some of their entries, so that one entry is found
/// without passing all before it. The places are the content of the collection's metadata, which has
/// msgpack::flag::persist_index then; clients never see them. Format: docs/storage-format.md, "Record".
namespace cairn::record {

/// Collections with fewer entries have no places: to pass them is as fast.
constexpr uint32_t kIndexedCountMin = 64;
/// Entries from one place to the next when they are found; after changes half as many to twice as many, or so.
constexpr uint32_t kPlaceGap = 32;

/// Where an entry starts, in bytes from the first one's start.
struct EntryPlace {
    uint32_t index;
    uint32_t offset;
    bool operator==(const EntryPlace&) const = default;
};

/// The places in a stored collection; ascending, never of entry 0.
class EntryPlaces {
public:
    static constexpr size_t kSize = 8;  // bytes of one: index and offset, u32 each, little-endian

    EntryPlaces() = default;
    explicit EntryPlaces(Bytes content) : content_(content) {}

    uint32_t count() const { return uint32_t(content_.size() / kSize); }
    EntryPlace operator[](uint32_t i) const {
        const uint8_t* at = content_.data() + i * kSize;
        return {load_le<uint32_t>(at), load_le<uint32_t>(at + 4)};
    }
    /// The last one at or before entry `index`; entry 0's when there is none.
    EntryPlace before(uint32_t index) const;

private:
    Bytes content_;
};

/// A change of neighbouring entries: [from, to) become `count` others.
struct EntryChange {
    uint32_t from, to, count;
    uint32_t offset;              // of `from`, in the old entries
    uint32_t size_before, size;   // bytes of [from, to), and of what they become
};

/// Finds the places for a collection: from `body`, all its entries, in one pass.
std::vector<EntryPlace> find_places(Bytes body, bool map, uint32_t count);
/// The places after a change, at the price of the changed part.
/// @param body   all entries after the change.
/// @param count  of them.
std::vector<EntryPlace> change_places(const EntryPlaces& old, const EntryChange& change, Bytes body, bool map,
                                      uint32_t count);

/// More than find_places() and change_places() give.
/// @param old  places before the change.
constexpr size_t places_max(size_t old, uint32_t count) { return old + count / kPlaceGap + 2; }

/// What goes before the entries of a collection with places: header and metadata.
std::vector<uint8_t> indexed_head(bool map, uint8_t flags, uint32_t count, std::span<const EntryPlace> places);
/// Header, metadata in its longest form, nil.
constexpr size_t kIndexedHeadMax = 5 + 6 + 1;
/// The head that a collection in normal form gets when it is stored, and its entries; no head when it has no places.
std::vector<uint8_t> head_to_store(Bytes normal, Bytes& body);

/// A list or map without places, as clients know it.
struct PlainForm {
    uint8_t head[9];  // header, metadata
    size_t head_size;
    Bytes body;  // a view into the stored form

    size_t size() const { return head_size + body.size(); }
};
/// Whether a stored list or map has places.
bool has_places(Bytes stored);
/// @param stored  one that has.
PlainForm plain_form(Bytes stored);

}  // namespace cairn::record
