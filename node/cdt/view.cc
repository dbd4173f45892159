#include "node/cdt/view.h"

#include <algorithm>

#include "common/base/check.h"

namespace cairn::cdt {

namespace msgpack = record::msgpack;

/// Entries that are passed one by one rather than looked up.
constexpr uint32_t kFar = 32;

using msgpack::Element;
using msgpack::Reader;
using msgpack::Type;

View::View(Bytes stored) {
    Reader reader(stored);
    Element header;
    CAIRN_CHECK(reader.next(header) && header.container());
    map_ = header.type == Type::map;
    count_ = header.count;
    flags_ = 0;
    if (count_ != 0) {
        Reader ahead = reader;
        Element first;
        CAIRN_CHECK(ahead.next(first));
        if (first.metadata()) {
            if (map_) CAIRN_CHECK(ahead.skip());
            const bool indexed = (first.ext_type & msgpack::flag::persist_index) != 0 && !first.fixed_ext;
            if (indexed) places_ = record::EntryPlaces(first.content);
            flags_ = first.ext_type & (msgpack::flag::ordered | msgpack::flag::value_ordered);
            --count_;
            reader = ahead;
        }
    }
    body_ = stored.subspan(reader.position());
}

uint32_t View::entry_size(uint32_t offset) {
    Reader reader(body_.subspan(offset));
    CAIRN_CHECK(reader.skip());
    if (map_) CAIRN_CHECK(reader.skip());
    walked_ += reader.position();
    return uint32_t(reader.position());
}

uint32_t View::start(uint32_t index) {
    CAIRN_CHECK(index <= count_);
    if (!starts_.empty()) return starts_[index];
    if (index == count_) return uint32_t(body_.size());
    if (index < cursor_index_ || index - cursor_index_ > kFar) {
        const record::EntryPlace place = places_.before(index);
        if (index < cursor_index_ || place.index > cursor_index_) move_to(place);
    }
    for (; cursor_index_ < index; ++cursor_index_) cursor_offset_ += entry_size(cursor_offset_);
    return cursor_offset_;
}

void View::move_to(record::EntryPlace place) {
    CAIRN_CHECK(place.index <= count_ && place.offset <= body_.size());
    cursor_index_ = place.index;
    cursor_offset_ = place.offset;
}

/// The last known place whose entry is "before"; all before it are, too.
template <class Before>
record::EntryPlace View::last_place(Before before) const {
    uint32_t low = 0, high = places_.count();
    while (low != high) {
        const uint32_t middle = low + (high - low) / 2;
        const uint32_t offset = places_[middle].offset;
        CAIRN_CHECK(offset <= body_.size());
        if (before(body_.subspan(offset))) low = middle + 1;
        else high = middle;
    }
    return low == 0 ? record::EntryPlace{0, 0} : places_[low - 1];
}

void View::load() {
    if (!starts_.empty()) return;
    starts_.reserve(count_ + 1);
    uint32_t offset = 0;
    for (uint32_t i = 0; i < count_; ++i) {
        starts_.push_back(offset);
        offset += entry_size(offset);
    }
    starts_.push_back(offset);
}

Bytes View::entries(uint32_t from, uint32_t to) {
    const uint32_t begin = start(from);
    // One entry leaves the cursor where it is: its parts are usually asked for next.
    if (starts_.empty() && to == from + 1) return body_.subspan(begin, entry_size(begin));
    return body_.subspan(begin, start(to) - begin);
}

Bytes View::key(uint32_t index) {
    const Bytes rest = body_.subspan(start(index));
    Reader reader(rest);
    CAIRN_CHECK(reader.skip());
    return rest.first(reader.position());
}

Bytes View::value(uint32_t index) {
    const Bytes pair = entry(index);
    if (!map_) return pair;
    Reader reader(pair);
    CAIRN_CHECK(reader.skip());
    return pair.subspan(reader.position());
}

Place View::find_key(Bytes key) {
    Element wanted, here;
    if (!Reader(key).next(wanted)) return {0, false};
    // Equal to every key: the reference takes the one that its search comes to first.
    if (wanted.type == Type::wildcard) return {ordered() ? count_ / 2 : 0, count_ != 0};
    if (!starts_.empty()) return search(wanted);
    move_to(last_place([&](Bytes entry) {
        CAIRN_CHECK(Reader(entry).next(here));
        return msgpack::compare_scalars(here, wanted) <= 0;
    }));
    Reader reader(body_.subspan(cursor_offset_));
    const uint32_t offset = cursor_offset_;
    for (uint32_t i = cursor_index_; i < count_; ++i) {
        const size_t from = offset + reader.position();
        CAIRN_CHECK(reader.next(here));
        const int order = msgpack::compare_scalars(here, wanted);
        if (order >= 0) {
            cursor_index_ = i;
            cursor_offset_ = uint32_t(from);
            walked_ += reader.position();
            return {i, order == 0};
        }
        CAIRN_CHECK(reader.skip());
    }
    walked_ += reader.position();
    return {count_, false};
}

Place View::search(const Element& key) const {
    const auto order_of = [&](uint32_t start) {
        Element here;
        CAIRN_CHECK(Reader(body_.subspan(start)).next(here));
        return msgpack::compare_scalars(here, key);
    };
    const auto end = starts_.end() - 1;
    const auto place = std::partition_point(starts_.begin(), end, [&](uint32_t start) { return order_of(start) < 0; });
    return {uint32_t(place - starts_.begin()), place != end && order_of(*place) == 0};
}

Place View::lower_bound(Bytes value, uint32_t from) {
    if (!starts_.empty()) {
        const auto order_of = [&](uint32_t start) { return msgpack::compare(body_.subspan(start), value); };
        const auto end = starts_.end() - 1;
        const auto place =
            std::partition_point(starts_.begin() + from, end, [&](uint32_t start) { return order_of(start) < 0; });
        return {uint32_t(place - starts_.begin()), place != end && order_of(*place) == 0};
    }
    const auto near = last_place([&](Bytes entry) { return msgpack::compare(entry, value) < 0; });
    for (uint32_t i = std::max(from, near.index); i < count_; ++i) {
        const int order = msgpack::compare(body_.subspan(start(i)), value);
        if (order >= 0) return {i, order == 0};
    }
    return {count_, false};
}

uint32_t View::upper_bound(Bytes value, uint32_t from) {
    if (!starts_.empty()) {
        const auto place = std::partition_point(starts_.begin() + from, starts_.end() - 1, [&](uint32_t start) {
            return msgpack::compare(body_.subspan(start), value) <= 0;
        });
        return uint32_t(place - starts_.begin());
    }
    const auto near = last_place([&](Bytes entry) { return msgpack::compare(entry, value) <= 0; });
    uint32_t i = std::max(from, near.index);
    while (i < count_ && msgpack::compare(body_.subspan(start(i)), value) <= 0) ++i;
    return i;
}

}  // namespace cairn::cdt
