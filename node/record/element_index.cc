#include "node/record/element_index.h"

#include "common/base/check.h"
#include "node/record/msgpack.h"

namespace cairn::record {
namespace {

using msgpack::Element;
using msgpack::Reader;

constexpr uint32_t kGapMin = kPlaceGap / 4, kGapMax = 2 * kPlaceGap;

void skip(Reader& reader, bool map) {
    CAIRN_CHECK(reader.skip());
    if (map) CAIRN_CHECK(reader.skip());
}

/// Adds the places between `last` and entry `end`, where they are too far apart.
void fill(std::vector<EntryPlace>& places, EntryPlace last, uint32_t end, Bytes body, bool map) {
    if (end - last.index <= kGapMax) return;
    Reader reader(body.subspan(last.offset));
    for (uint32_t i = last.index + 1; i + kGapMin < end; ++i) {
        skip(reader, map);
        if ((i - last.index) % kPlaceGap == 0) places.push_back({i, last.offset + uint32_t(reader.position())});
    }
}

constexpr uint8_t kNil = 0xC0;

uint8_t* write_header(uint8_t* at, bool map, uint32_t count) {
    if (count < 16) {
        *at++ = uint8_t((map ? 0x80 : 0x90) | count);
    } else if (count <= 0xFFFF) {
        *at++ = map ? 0xDE : 0xDC;
        store_be(at, uint16_t(count));
        at += 2;
    } else {
        *at++ = map ? 0xDF : 0xDD;
        store_be(at, count);
        at += 4;
    }
    return at;
}

/// Reads a collection's header and metadata; the reader is at its first entry then.
bool read_indexed(Reader& reader, Element& header, Element& metadata) {
    if (!reader.next(header) || !header.container() || header.count == 0) return false;
    if (!reader.next(metadata) || !metadata.metadata() || metadata.fixed_ext) return false;
    if ((metadata.ext_type & msgpack::flag::persist_index) == 0) return false;
    return header.type == msgpack::Type::list || reader.skip();
}

}  // namespace

EntryPlace EntryPlaces::before(uint32_t index) const {
    uint32_t low = 0, high = count();  // places before `low` are not after `index`, those from `high` on are
    while (low != high) {
        const uint32_t middle = low + (high - low) / 2;
        if ((*this)[middle].index <= index) low = middle + 1;
        else high = middle;
    }
    return low == 0 ? EntryPlace{0, 0} : (*this)[low - 1];
}

std::vector<EntryPlace> find_places(Bytes body, bool map, uint32_t count) {
    std::vector<EntryPlace> places;
    places.reserve(count / kPlaceGap);
    fill(places, {0, 0}, count, body, map);
    return places;
}

std::vector<EntryPlace> change_places(const EntryPlaces& old, const EntryChange& change, Bytes body, bool map,
                                      uint32_t count) {
    std::vector<EntryPlace> places;
    places.reserve(old.count() + 2 + change.count / kPlaceGap);
    EntryPlace last = {0, 0};
    const auto add = [&](EntryPlace place) {
        if (place.index < last.index + kGapMin || place.index >= count) return;
        fill(places, last, place.index, body, map);
        places.push_back(place);
        last = place;
    };
    for (uint32_t i = 0; i < old.count(); ++i) {
        const EntryPlace place = old[i];
        if (place.index <= change.from) add(place);
        else if (place.index >= change.to) {
            add({place.index - (change.to - change.from) + change.count,
                 place.offset - change.size_before + change.size});
        }
    }
    fill(places, last, count, body, map);
    return places;
}

bool has_places(Bytes stored) {
    Reader reader(stored);
    Element header, metadata;
    return read_indexed(reader, header, metadata);
}

std::vector<uint8_t> indexed_head(bool map, uint8_t flags, uint32_t count, std::span<const EntryPlace> places) {
    std::vector<uint8_t> head(kIndexedHeadMax + places.size() * EntryPlaces::kSize);
    uint8_t* at = write_header(head.data(), map, count + 1);
    const size_t size = places.size() * EntryPlaces::kSize;
    *at++ = size <= 0xFF ? 0xC7 : size <= 0xFFFF ? 0xC8 : 0xC9;
    if (size <= 0xFF) *at++ = uint8_t(size);
    else if (size <= 0xFFFF) store_be(at, uint16_t(size)), at += 2;
    else store_be(at, uint32_t(size)), at += 4;
    *at++ = flags | msgpack::flag::persist_index;
    for (const EntryPlace& place : places) {
        store_le(at, place.index);
        store_le(at + 4, place.offset);
        at += EntryPlaces::kSize;
    }
    if (map) *at++ = kNil;
    head.resize(size_t(at - head.data()));
    return head;
}

std::vector<uint8_t> head_to_store(Bytes normal, Bytes& body) {
    Reader reader(normal);
    Element header, first;
    CAIRN_CHECK(reader.next(header) && header.container());
    if (header.count < kIndexedCountMin) return {};
    const bool map = header.type == msgpack::Type::map;
    uint8_t flags = 0;
    Reader ahead = reader;
    CAIRN_CHECK(ahead.next(first));
    if (first.metadata()) {
        if (first.fixed_ext) return {};  // kept as it came
        flags = first.ext_type;
        if (map) CAIRN_CHECK(ahead.skip());
        reader = ahead;
        --header.count;
    }
    body = normal.subspan(reader.position());
    return indexed_head(map, flags, header.count, find_places(body, map, header.count));
}

PlainForm plain_form(Bytes stored) {
    Reader reader(stored);
    Element header, metadata;
    CAIRN_CHECK(read_indexed(reader, header, metadata));
    const bool map = header.type == msgpack::Type::map;
    const uint8_t flags = metadata.ext_type & uint8_t(~msgpack::flag::persist_index);

    PlainForm form;
    form.body = stored.subspan(reader.position());
    uint8_t* at = write_header(form.head, map, header.count - (flags == 0 ? 1 : 0));
    if (flags != 0) {
        *at++ = 0xC7;
        *at++ = 0;
        *at++ = flags;
        if (map) *at++ = kNil;
    }
    form.head_size = size_t(at - form.head);
    return form;
}

}  // namespace cairn::record
