#include <algorithm>
#include <vector>

#include "node/cdt/encoder.h"
#include "node/cdt/range.h"
#include "node/cdt/ranking.h"
#include "node/cdt/write.h"

namespace cairn::cdt {
namespace {

namespace msgpack = record::msgpack;
constexpr uint8_t kOrdered = msgpack::flag::ordered;

/// The order of items that were sent together: equal ones as they were sent.
bool before(Bytes a, Bytes b) {
    const int order = msgpack::compare(a, b);
    return order != 0 ? order < 0 : a.data() < b.data();
}

/// What the write flags say to a value that may not be added.
enum class Verdict { add, skip, fail };

class ListWrite {
public:
    ListWrite(const Operation& operation, const Target& target)
        : arguments_(operation.arguments),
          target_(target),
          list_(target.view),
          memory_(target.memory),
          n_(target.view.count()) {}

    ResultCode run(Code code) {
        switch (code) {
            case Code::list_set_type: return set_type();
            case Code::list_append: return append();
            case Code::list_append_items: return append_items();
            case Code::list_insert: return insert();
            case Code::list_insert_items: return insert_items();
            case Code::list_pop:
            case Code::list_remove: return remove_one(code == Code::list_pop);
            case Code::list_pop_range:
            case Code::list_remove_range: return remove_range(code == Code::list_pop_range);
            case Code::list_set: return set();
            case Code::list_trim: return trim();
            case Code::list_clear: return target_.replace(list_.flags(), 0, {});
            case Code::list_increment: return increment();
            case Code::list_sort: return sort();
            default: return ResultCode::parameter;
        }
    }

private:
    bool takes(uint32_t min, uint32_t max) const { return arguments_.count() >= min && arguments_.count() <= max; }
    bool has(int64_t flag) const { return (flags_ & flag) != 0; }
    bool read_flags(size_t index) { return arguments_.optional_integer(index, flags_); }
    ResultCode unchanged() const { return target_.answer_count(n_); }

    /// Whether the list has an equal value, other than the one at `except`.
    bool contains(Bytes value, uint32_t except = UINT32_MAX) {
        if (list_.ordered()) {
            Place place = list_.lower_bound(value);
            if (place.found && place.index == except) return list_.upper_bound(value, place.index) > place.index + 1;
            return place.found;
        }
        list_.load();
        for (uint32_t i = 0; i < n_; ++i) {
            if (i != except && msgpack::compare(list_.value(i), value) == 0) return true;
        }
        return false;
    }
    Verdict judge(Bytes value, uint32_t except = UINT32_MAX) {
        if (!has(policy::add_unique) || !contains(value, except)) return Verdict::add;
        return has(policy::no_fail) ? Verdict::skip : Verdict::fail;
    }
    /// Of a place behind the list's end.
    Verdict judge_gap(uint32_t index) const {
        if (index <= n_ || !has(policy::insert_bounded)) return Verdict::add;
        return has(policy::no_fail) ? Verdict::skip : Verdict::fail;
    }

    ResultCode read_value(size_t index, Bytes& value) const {
        return to_stored_value(arguments_[index], target_.depth, memory_, value);
    }

    ResultCode set_type() {
        int64_t type = 0;
        if (!takes(1, 1) || !arguments_.integer(0, type)) return ResultCode::parameter;
        if ((type & ~int64_t(kOrdered | msgpack::flag::persist_index)) != 0) return ResultCode::op_not_applicable;
        const auto flags = uint8_t(type & kOrdered);
        if (flags == list_.flags()) return ResultCode::ok;
        if (flags == 0) return target_.replace(flags, n_, {list_.body()});
        return replace_sorted(flags, false, false);
    }

    ResultCode replace_sorted(uint8_t flags, bool descending, bool without_duplicates) {
        const std::vector<uint32_t> order = Ranking(list_).entries(0, n_);
        std::vector<Bytes> parts;
        parts.reserve(n_);
        for (const uint32_t index : order) {
            const Bytes value = list_.value(index);
            if (without_duplicates && !parts.empty() && msgpack::compare(parts.back(), value) == 0) continue;
            parts.push_back(value);
        }
        if (descending) std::ranges::reverse(parts);
        return target_.replace(flags, uint32_t(parts.size()), parts);
    }

    ResultCode append() {
        int64_t order = 0;
        if (!takes(1, 3) || !arguments_.optional_integer(1, order) || !read_flags(2)) return ResultCode::parameter;
        Bytes value;
        if (const ResultCode code = read_value(0, value); code != ResultCode::ok) return code;
        switch (judge(value)) {
            case Verdict::fail: return ResultCode::element_exists;
            case Verdict::skip: return unchanged();
            case Verdict::add: break;
        }
        const uint32_t at = list_.ordered() ? list_.upper_bound(value) : n_;
        if (const ResultCode code = target_.splice(at, at, 1, {value}); code != ResultCode::ok) return code;
        return target_.answer_count(n_ + 1);
    }

    /// Values to add, in the order in which they were sent.
    ResultCode read_items(size_t index, std::vector<Bytes>& items) {
        msgpack::Element header;
        Bytes stored;
        if (!msgpack::Reader(arguments_[index]).next(header) || header.type != msgpack::Type::list) {
            return ResultCode::parameter;
        }
        const ResultCode code = to_stored_items(arguments_[index], false, target_.depth - 1, memory_, stored);
        if (code != ResultCode::ok) return code;
        View view(stored);
        for (uint32_t i = 0; i < view.count(); ++i) {
            items.push_back(view.value(i));
            msgpack::Element item;
            CAIRN_CHECK(msgpack::Reader(items.back()).next(item));
            if (item.type == msgpack::Type::ext) return ResultCode::parameter;
        }
        return ResultCode::ok;
    }

    /// Applies ADD_UNIQUE to values to add.
    /// @param skips  set when none is to be added, and that is no error.
    ResultCode filter_items(std::vector<Bytes>& items, bool& skips) {
        if (!has(policy::add_unique)) return ResultCode::ok;
        // Sorted, so that many values in a long list are not a search each.
        std::vector<uint32_t> order(items.size());
        for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
        std::ranges::sort(order, [&](uint32_t a, uint32_t b) { return before(items[a], items[b]); });
        std::optional<Ranking> ranking;
        if (n_ != 0) {
            ranking.emplace(list_);
            ranking->entries(0, n_);
        }
        std::vector<ResultCode> faults(items.size(), ResultCode::ok);
        for (size_t i = 0; i < order.size(); ++i) {
            const Bytes item = items[order[i]];
            if (ranking && ranking->find(item).count != 0) faults[order[i]] = ResultCode::element_exists;
            else if (i != 0 && msgpack::compare(items[order[i - 1]], item) == 0)
                faults[order[i]] = ResultCode::op_not_applicable;
        }
        if (list_.ordered() && !has(policy::no_fail)) {
            // Duplicates among the values count first.
            for (size_t i = 1; i < order.size(); ++i) {
                if (msgpack::compare(items[order[i - 1]], items[order[i]]) == 0) return ResultCode::op_not_applicable;
            }
        }
        std::vector<Bytes> kept;
        for (size_t i = 0; i < items.size(); ++i) {
            if (faults[i] == ResultCode::ok) kept.push_back(items[i]);
            else if (!has(policy::no_fail)) return faults[i];
        }
        skips = kept.empty() || (kept.size() != items.size() && !has(policy::partial));
        items = std::move(kept);
        return ResultCode::ok;
    }

    ResultCode append_items() {
        int64_t order = 0;
        if (!takes(1, 3) || !arguments_.optional_integer(1, order) || !read_flags(2)) return ResultCode::parameter;
        std::vector<Bytes> items;
        if (const ResultCode code = read_items(0, items); code != ResultCode::ok) return code;
        bool skips = items.empty();
        if (const ResultCode code = filter_items(items, skips); code != ResultCode::ok) return code;
        if (skips) return unchanged();
        return list_.ordered() ? merge(std::move(items)) : add_at(n_, items);
    }

    ResultCode merge(std::vector<Bytes> items) {
        std::ranges::sort(items, before);
        std::vector<Bytes> parts;
        list_.load();
        uint32_t passed = 0;
        for (const Bytes item : items) {
            const uint32_t at = list_.upper_bound(item, passed);
            if (at != passed) parts.push_back(list_.entries(passed, at));
            parts.push_back(item);
            passed = at;
        }
        parts.push_back(list_.entries(passed, n_));
        const uint32_t count = n_ + uint32_t(items.size());
        if (const ResultCode code = target_.replace(list_.flags(), count, parts); code != ResultCode::ok) return code;
        return target_.answer_count(count);
    }

    /// Inserts at an index, filling a gap behind the end with nils.
    ResultCode add_at(uint64_t index, std::span<const Bytes> items) {
        const auto inside = uint32_t(std::min<uint64_t>(index, n_));
        const uint64_t gap = index - inside;
        if (gap > kCollectionMax) return ResultCode::record_too_big;
        Encoder nils(memory_, gap);
        for (uint64_t i = 0; i < gap; ++i) nils.nil();
        std::vector<Bytes> parts = {nils.written()};
        parts.insert(parts.end(), items.begin(), items.end());
        const auto added = uint32_t(gap + items.size());
        if (const ResultCode code = target_.splice(inside, inside, added, parts); code != ResultCode::ok) return code;
        return target_.answer_count(n_ + added);
    }

    /// The place an index means for adding; negative counts from the end.
    ResultCode place(size_t argument, uint64_t& index) const {
        int64_t given = 0;
        if (!arguments_.integer(argument, given)) return ResultCode::parameter;
        if (given < 0) given += n_;
        if (given < 0) return ResultCode::op_not_applicable;
        index = uint64_t(given);
        return ResultCode::ok;
    }

    Verdict judge_place(uint64_t index) const { return judge_gap(uint32_t(std::min<uint64_t>(index, UINT32_MAX))); }

    ResultCode insert() {
        uint64_t index = 0;
        Bytes value;
        if (!takes(2, 3) || !read_flags(2)) return ResultCode::parameter;
        if (const ResultCode code = place(0, index); code != ResultCode::ok) return code;
        if (const ResultCode code = read_value(1, value); code != ResultCode::ok) return code;
        if (list_.ordered()) return ResultCode::op_not_applicable;
        switch (judge_place(index)) {
            case Verdict::fail: return ResultCode::op_not_applicable;
            case Verdict::skip: return unchanged();
            case Verdict::add: break;
        }
        switch (judge(value)) {
            case Verdict::fail: return ResultCode::element_exists;
            case Verdict::skip: return unchanged();
            case Verdict::add: break;
        }
        return add_at(index, std::span(&value, 1));
    }

    ResultCode insert_items() {
        uint64_t index = 0;
        if (!takes(2, 3) || !read_flags(2)) return ResultCode::parameter;
        std::vector<Bytes> items;
        if (const ResultCode code = read_items(1, items); code != ResultCode::ok) return code;
        if (list_.ordered()) return ResultCode::op_not_applicable;
        if (items.empty()) return unchanged();
        if (const ResultCode code = place(0, index); code != ResultCode::ok) return code;
        switch (judge_place(index)) {
            case Verdict::fail: return ResultCode::op_not_applicable;
            case Verdict::skip: return unchanged();
            case Verdict::add: break;
        }
        bool skips = false;
        if (const ResultCode code = filter_items(items, skips); code != ResultCode::ok) return code;
        return skips ? unchanged() : add_at(index, items);
    }

    ResultCode set() {
        uint64_t index = 0;
        Bytes value;
        if (!takes(2, 3) || !read_flags(2)) return ResultCode::parameter;
        if (const ResultCode code = place(0, index); code != ResultCode::ok) return code;
        if (const ResultCode code = read_value(1, value); code != ResultCode::ok) return code;
        if (list_.ordered()) return ResultCode::op_not_applicable;
        return put_at(index, value);
    }

    /// Replaces the value at `index`, or adds one there; answers nothing.
    ResultCode put_at(uint64_t index, Bytes value) {
        switch (judge_place(index)) {
            case Verdict::fail: return ResultCode::op_not_applicable;
            case Verdict::skip: return ResultCode::ok;
            case Verdict::add: break;
        }
        const uint32_t replaced = index < n_ ? uint32_t(index) : UINT32_MAX;
        switch (judge(value, replaced)) {
            case Verdict::fail: return ResultCode::element_exists;
            case Verdict::skip: return ResultCode::ok;
            case Verdict::add: break;
        }
        if (index < n_) return target_.splice(replaced, replaced + 1, 1, {value});
        const ResultCode code = add_at(index, std::span(&value, 1));
        target_.outcome.result = {};
        return code;
    }

    ResultCode increment() {
        int64_t order = 0;
        uint64_t index = 0;
        if (!takes(1, 4)) return ResultCode::parameter;
        if (const ResultCode code = place(0, index); code != ResultCode::ok) return code;
        Number delta, number = {false, 0, 0};
        if (!Number::parse_delta(arguments_, 1, delta)) return ResultCode::parameter;
        if (!arguments_.optional_integer(2, order) || !read_flags(3)) return ResultCode::parameter;
        if (list_.ordered() && index > n_) return ResultCode::op_not_applicable;
        if (index < n_) {
            if (!Number::parse(list_.value(uint32_t(index)), number)) return ResultCode::parameter;
            number = number.plus(delta);
        } else {
            number = delta;
        }
        const Bytes value = number.encode(memory_);
        const ResultCode code = list_.ordered() ? reorder(uint32_t(index), value) : put_at(index, value);
        if (code == ResultCode::ok) target_.outcome.result = number.answer(memory_);
        return code;
    }

    /// Puts a value into its place in an ordered list; the one at `index`, if there is one, goes.
    ResultCode reorder(uint32_t index, Bytes value) {
        switch (judge(value, index)) {
            case Verdict::fail: return ResultCode::element_exists;
            case Verdict::skip: return ResultCode::ok;
            case Verdict::add: break;
        }
        list_.load();
        const uint32_t at = list_.upper_bound(value);
        if (index == n_) return target_.splice(at, at, 1, {value});
        if (at <= index) {
            return target_.replace(
                list_.flags(), n_,
                {list_.entries(0, at), value, list_.entries(at, index), list_.entries(index + 1, n_)});
        }
        return target_.replace(list_.flags(), n_,
                               {list_.entries(0, index), list_.entries(index + 1, at), value, list_.entries(at, n_)});
    }

    ResultCode remove_one(bool pops) {
        int64_t position = 0;
        if (!takes(1, 1) || !arguments_.integer(0, position)) return ResultCode::parameter;
        const auto index = resolve(position, n_);
        if (!index) return ResultCode::op_not_applicable;
        target_.outcome.result = pops ? value_answer(list_.value(*index), memory_) : integer_answer(1, memory_);
        const Run run = {*index, 1};
        return target_.remove(std::span(&run, 1));
    }

    ResultCode remove_range(bool pops) {
        int64_t start = 0;
        std::optional<int64_t> length;
        if (!takes(1, 2) || !arguments_.integer(0, start) || !arguments_.optional_integer(1, length)) {
            return ResultCode::parameter;
        }
        const Run run = resolve(start, length, n_);
        target_.outcome.result =
            pops ? entries_answer(list_, std::span(&run, 1), Want::value, memory_) : integer_answer(run.count, memory_);
        return run.count == 0 ? ResultCode::ok : target_.remove(std::span(&run, 1));
    }

    ResultCode trim() {
        int64_t start = 0, length = 0;
        if (!takes(2, 2) || !arguments_.integer(0, start) || !arguments_.integer(1, length)) {
            return ResultCode::parameter;
        }
        const Runs removed = runs_of(resolve(start, length, n_), true, n_);
        target_.answer_count(removed.total());
        return removed.size == 0 ? ResultCode::ok : target_.remove(removed.all());
    }

    ResultCode sort() {
        constexpr int64_t kDescending = 1, kDropDuplicates = 2;
        int64_t flags = 0;
        if (!takes(0, 1) || !arguments_.optional_integer(0, flags)) return ResultCode::parameter;
        const bool drops = (flags & kDropDuplicates) != 0;
        const bool descending = (flags & kDescending) != 0;
        if (list_.ordered()) return drops ? replace_sorted(list_.flags(), false, true) : ResultCode::ok;
        if (n_ <= 1) return ResultCode::ok;
        if (descending && drops) return ResultCode::parameter;
        return replace_sorted(list_.flags(), descending, drops);
    }

    const Arguments& arguments_;
    const Target& target_;
    View& list_;
    Memory& memory_;
    const uint32_t n_;
    int64_t flags_ = 0;
};

}  // namespace

ResultCode modify_list(const Operation& operation, const Target& target) {
    return ListWrite(operation, target).run(Code(operation.code));
}

}  // namespace cairn::cdt
