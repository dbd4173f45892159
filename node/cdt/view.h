#pragma once
#include <cstdint>
#include <vector>

#include "common/base/bytes.h"
#include "node/record/element_index.h"
#include "node/record/msgpack.h"

namespace cairn::cdt {

/// A place among a collection's entries.
struct Place {
    uint32_t index;
    bool found;  // whether the entry there is equal to what was looked for
};

/// One list or map in stored form, for reading: entries are a list's elements or a map's pairs, by index from 0.
/// Maps are always sorted by key; ordered lists by value.
class View {
public:
    /// @param stored  in normal form: it was checked when it was stored. Outlives the view.
    explicit View(Bytes stored);
    /// An empty collection.
    View(bool map, uint8_t flags) : map_(map), flags_(flags) {}

    bool map() const { return map_; }
    /// Of flag::ordered and flag::value_ordered.
    uint8_t flags() const { return flags_; }
    bool ordered() const { return (flags_ & record::msgpack::flag::ordered) != 0; }
    uint32_t count() const { return count_; }
    /// All entries.
    Bytes body() const { return body_; }
    /// Places of some entries, by which others are found; a bin's long list or map has them.
    const record::EntryPlaces& places() const { return places_; }

    /// Where entry `index` starts in body(); index count() is the end. Entries in ascending order, or after load(), cost
    /// a step each, and any one a few dozen when there are places.
    uint32_t start(uint32_t index);
    /// Finds the starts of all entries in one pass.
    void load();

    /// Bytes passed so far to find entries: what the operation costs.
    size_t walked() const { return walked_; }
    void add_walked(size_t size) { walked_ += size; }

    /// Entries [from, to).
    Bytes entries(uint32_t from, uint32_t to);
    /// A list's element, a map's pair.
    Bytes entry(uint32_t index) { return entries(index, index + 1); }
    /// Of a map.
    Bytes key(uint32_t index);
    /// A map's value, a list's element.
    Bytes value(uint32_t index);

    /// Looks for a map's key; not found: the place where it would be.
    Place find_key(Bytes key);
    /// The first element of an ordered list, from `from` on, that is not less than `value`.
    Place lower_bound(Bytes value, uint32_t from = 0);
    /// The first one that is greater.
    uint32_t upper_bound(Bytes value, uint32_t from = 0);

private:
    uint32_t entry_size(uint32_t offset);
    template <class Before>
    record::EntryPlace last_place(Before before) const;
    void move_to(record::EntryPlace place);
    Place search(const record::msgpack::Element& key) const;

    bool map_;
    uint8_t flags_;
    uint32_t count_ = 0;
    Bytes body_;
    record::EntryPlaces places_;
    size_t walked_ = 0;
    uint32_t cursor_index_ = 0;  // an entry whose start is known
    uint32_t cursor_offset_ = 0;
    std::vector<uint32_t> starts_;  // of all entries and the end, after load()
};

}  // namespace cairn::cdt
