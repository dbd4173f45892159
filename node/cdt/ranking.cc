#include "node/cdt/ranking.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "common/base/check.h"

namespace cairn::cdt {
namespace {

namespace msgpack = record::msgpack;
using msgpack::Element;
using msgpack::Reader;
using msgpack::Type;

/// Sorting takes several times as long as walking.
constexpr size_t kSortCost = 4;

uint64_t lead_of_double(double value) {
    if (std::isnan(value)) return 0;
    if (value == 0) value = 0;  // one zero
    const auto bits = std::bit_cast<uint64_t>(value);
    constexpr uint64_t kSign = uint64_t{1} << 63;
    return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

uint64_t lead_of(const Element& value) {
    switch (value.type) {
        case Type::integer: return uint64_t(value.integer) ^ uint64_t { 1 } << 63;
        case Type::floating: return lead_of_double(value.floating);
        case Type::string:
        case Type::bytes:
        case Type::geojson: {
            // All strings begin with the same byte.
            const Bytes content = value.type == Type::string ? value.content.subspan(1) : value.content;
            uint8_t lead[8] = {};
            if (!content.empty()) std::memcpy(lead, content.data(), std::min(content.size(), sizeof(lead)));
            return load_be<uint64_t>(lead);
        }
        default: return 0;
    }
}

}  // namespace

Ranking::Ranking(View& view) : view_(view) {
    view_.load();
    view_.add_walked(kSortCost * view_.body().size());
    values_.reserve(view.count());
    items_.reserve(view.count());
    for (uint32_t i = 0; i < view.count(); ++i) {
        values_.push_back(view.value(i));
        Element element;
        CAIRN_CHECK(Reader(values_.back()).next(element));
        items_.push_back({element.type, lead_of(element), i});
    }
}

int Ranking::compare(const Item& a, const Item& b) const {
    if (a.type != b.type) return a.type < b.type ? -1 : 1;
    if (a.lead != b.lead) return a.lead < b.lead ? -1 : 1;
    return msgpack::compare(values_[a.index], values_[b.index]);
}

bool Ranking::before(const Item& a, const Item& b) const {
    const int order = compare(a, b);
    return order != 0 ? order < 0 : a.index < b.index;
}

std::vector<uint32_t> Ranking::entries(uint32_t from, uint32_t to) {
    const auto less = [this](const Item& a, const Item& b) { return before(a, b); };
    const auto first = items_.begin() + from, last = items_.begin() + to;
    if (from != 0 && from != items_.size()) std::nth_element(items_.begin(), first, items_.end(), less);
    if (to != items_.size() && to != from) std::nth_element(first, last, items_.end(), less);
    std::sort(first, last, less);
    std::vector<uint32_t> result;
    result.reserve(to - from);
    for (auto item = first; item != last; ++item) result.push_back(item->index);
    return result;
}

std::vector<uint32_t> Ranking::heap_entries(uint32_t from, uint32_t to) const {
    const auto n = uint32_t(items_.size());
    const uint32_t behind = n - to;
    const bool smallest_first = from <= behind;
    std::vector<uint32_t> heap(n);
    for (uint32_t i = 0; i < n; ++i) heap[i] = i;
    const auto is_first = [&](uint32_t a, uint32_t b) {
        const int order = compare(items_[a], items_[b]);
        return smallest_first ? order < 0 : order > 0;
    };
    const auto sink = [&](uint32_t at, uint32_t size) {
        for (uint32_t child = 2 * at + 1; child < size; child = 2 * at + 1) {
            if (child + 1 < size && is_first(heap[child + 1], heap[child])) ++child;
            if (!is_first(heap[child], heap[at])) return;
            std::swap(heap[at], heap[child]);
            at = child;
        }
    };
    for (uint32_t at = n / 2; at-- != 0;) sink(at, n);
    const uint32_t passed = std::min(from, behind);
    for (uint32_t size = n; size != n - passed - (to - from);) {
        std::swap(heap[0], heap[--size]);
        sink(0, size);
    }
    const auto end = heap.end() - passed;
    return std::vector<uint32_t>(end - (to - from), end);
}

Run Ranking::find(Bytes value) const {
    const auto compare_to = [&](const Item& item) { return msgpack::compare(values_[item.index], value); };
    const auto first =
        std::partition_point(items_.begin(), items_.end(), [&](const Item& item) { return compare_to(item) < 0; });
    const auto last =
        std::partition_point(first, items_.end(), [&](const Item& item) { return compare_to(item) == 0; });
    return {uint32_t(first - items_.begin()), uint32_t(last - first)};
}

uint32_t Ranking::rank_of(uint32_t index) const {
    const Item& wanted = items_[index];
    return uint32_t(std::ranges::count_if(items_, [&](const Item& item) { return before(item, wanted); }));
}

uint32_t Ranking::first_rank_of(uint32_t index) const {
    const Item& wanted = items_[index];
    return uint32_t(std::ranges::count_if(items_, [&](const Item& item) { return compare(item, wanted) < 0; }));
}

std::vector<uint32_t> Ranking::ranks() {
    const std::vector<uint32_t> order = entries(0, view_.count());
    std::vector<uint32_t> result(order.size());
    for (uint32_t rank = 0; rank < order.size(); ++rank) result[order[rank]] = rank;
    return result;
}

std::vector<uint32_t> Ranking::first_ranks() {
    const std::vector<uint32_t> order = entries(0, view_.count());
    std::vector<uint32_t> result(order.size());
    uint32_t first = 0;
    for (uint32_t rank = 0; rank < order.size(); ++rank) {
        if (rank != 0 && compare(items_[rank - 1], items_[rank]) != 0) first = rank;
        result[order[rank]] = first;
    }
    return result;
}

ValueRange find_values(View& view, Bytes value) {
    ValueRange range;
    view.load();
    for (uint32_t i = 0; i < view.count(); ++i) {
        const int order = msgpack::compare(view.value(i), value);
        if (order < 0) ++range.less;
        else if (order == 0) range.equal.push_back(i);
    }
    return range;
}

}  // namespace cairn::cdt
