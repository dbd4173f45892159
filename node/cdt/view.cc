#include "node/cdt/view.h"

#include <algorithm>

#include "common/base/check.h"

namespace cairn::cdt {

namespace msgpack = record::msgpack;
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
            flags_ = first.ext_type & (msgpack::flag::ordered | msgpack::flag::value_ordered);
            --count_;
            reader = ahead;
        }
    }
    body_ = stored.subspan(reader.position());
}

uint32_t View::entry_size(uint32_t offset) const {
    Reader reader(body_.subspan(offset));
    CAIRN_CHECK(reader.skip());
    if (map_) CAIRN_CHECK(reader.skip());
    return uint32_t(reader.position());
}

uint32_t View::start(uint32_t index) {
    CAIRN_CHECK(index <= count_);
    if (!starts_.empty()) return starts_[index];
    if (index == count_) return uint32_t(body_.size());
    if (index < cursor_index_) cursor_index_ = cursor_offset_ = 0;
    for (; cursor_index_ < index; ++cursor_index_) cursor_offset_ += entry_size(cursor_offset_);
    return cursor_offset_;
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
    Reader reader(body_);
    for (uint32_t i = 0; i < count_; ++i) {
        const size_t from = reader.position();
        CAIRN_CHECK(reader.next(here));
        const int order = msgpack::compare_scalars(here, wanted);
        if (order >= 0) {
            cursor_index_ = i;
            cursor_offset_ = uint32_t(from);
            return {i, order == 0};
        }
        CAIRN_CHECK(reader.skip());
    }
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
    for (uint32_t i = from; i < count_; ++i) {
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
    uint32_t i = from;
    while (i < count_ && msgpack::compare(body_.subspan(start(i)), value) <= 0) ++i;
    return i;
}

}  // namespace cairn::cdt
