#include <vector>

#include "node/cdt/write.h"

namespace cairn::cdt {
namespace {

namespace msgpack = record::msgpack;

class MapWrite {
public:
    MapWrite(const Operation& operation, const Target& target)
        : arguments_(operation.arguments),
          target_(target),
          map_(target.view),
          memory_(target.memory),
          n_(target.view.count()) {}

    ResultCode run(Code code) {
        switch (code) {
            case Code::map_set_type: return set_type();
            case Code::map_add: return put(3, policy::create_only);
            case Code::map_add_items: return put_items(2, policy::create_only);
            case Code::map_put: return put(4, 0);
            case Code::map_put_items: return put_items(3, 0);
            case Code::map_replace: return put(2, policy::update_only);
            case Code::map_replace_items: return put_items(1, policy::update_only);
            case Code::map_increment: return increment(false);
            case Code::map_decrement: return increment(true);
            case Code::map_clear: return target_.replace(map_.flags(), 0, {});
            default: return ResultCode::parameter;
        }
    }

private:
    bool has(int64_t flag) const { return (flags_ & flag) != 0; }
    bool takes(uint32_t min, uint32_t max) const { return arguments_.count() >= min && arguments_.count() <= max; }

    /// Whether a key that exists, or does not, may be written.
    ResultCode judge(bool exists) const {
        if (exists && has(policy::create_only)) return ResultCode::element_exists;
        if (!exists && has(policy::update_only)) return ResultCode::element_not_found;
        return ResultCode::ok;
    }

    ResultCode decline() const {
        target_.outcome.declined = true;
        return target_.answer_count(n_);
    }

    ResultCode set_type() {
        constexpr int64_t kKnown = msgpack::flag::ordered | msgpack::flag::value_ordered | msgpack::flag::persist_index;
        int64_t type = 0;
        if (!takes(1, 1) || !arguments_.integer(0, type)) return ResultCode::parameter;
        if ((type & ~kKnown) != 0) return ResultCode::op_not_applicable;
        const auto flags = uint8_t(type & ~int64_t(msgpack::flag::persist_index));
        return flags == map_.flags() ? ResultCode::ok : target_.replace(flags, n_, {map_.body()});
    }

    /// Writes a pair at the place of its key.
    ResultCode write(Place place, Bytes key, Bytes value) {
        return target_.splice(place.index, place.index + (place.found ? 1 : 0), 1, {key, value});
    }

    ResultCode put(uint32_t arguments_max, int64_t flags) {
        flags_ = flags;
        int64_t type = 0;
        if (!takes(2, arguments_max) || !arguments_.optional_integer(2, type) ||
            !arguments_.optional_integer(3, flags_)) {
            return ResultCode::parameter;
        }
        Bytes key, value;
        if (const ResultCode code = to_stored_key(arguments_[0], memory_, key); code != ResultCode::ok) return code;
        if (const ResultCode code = to_stored_value(arguments_[1], target_.depth, memory_, value);
            code != ResultCode::ok) {
            return code;
        }
        const Place place = map_.find_key(key);
        if (const ResultCode code = judge(place.found); code != ResultCode::ok) {
            return has(policy::no_fail) ? decline() : code;
        }
        if (const ResultCode code = write(place, key, value); code != ResultCode::ok) return code;
        return target_.answer_count(n_ + (place.found ? 0 : 1));
    }

    ResultCode put_items(uint32_t arguments_max, int64_t flags) {
        flags_ = flags;
        int64_t type = 0;
        if (!takes(1, arguments_max) || !arguments_.optional_integer(1, type) ||
            !arguments_.optional_integer(2, flags_)) {
            return ResultCode::parameter;
        }
        msgpack::Element header;
        Bytes stored;
        if (!msgpack::Reader(arguments_[0]).next(header) || header.type != msgpack::Type::map) {
            return ResultCode::parameter;
        }
        const ResultCode code = to_stored_items(arguments_[0], true, target_.depth - 1, memory_, stored);
        if (code != ResultCode::ok) return code;
        View items(stored);
        // The reference forgets to look at an empty map.
        if (n_ == 0 && has(policy::update_only) && has(policy::no_fail) && has(policy::partial)) flags_ = 0;
        return merge(items);
    }

    /// Both are sorted by key.
    ResultCode merge(View& items) {
        std::vector<Bytes> parts;
        uint32_t kept = 0, count = n_, added = 0;
        map_.load();
        items.load();
        for (uint32_t i = 0; i < items.count(); ++i) {
            const Place place = map_.find_key(items.key(i));
            if (const ResultCode code = judge(place.found); code != ResultCode::ok) {
                if (!has(policy::no_fail)) return code;
                if (!has(policy::partial)) return decline();
                continue;
            }
            if (place.index > kept) parts.push_back(map_.entries(kept, place.index));
            parts.push_back(items.entry(i));
            kept = place.index + (place.found ? 1 : 0);
            count += place.found ? 0 : 1;
            ++added;
        }
        if (added == 0) return target_.answer_count(n_);
        parts.push_back(map_.entries(kept, n_));
        if (const ResultCode code = target_.replace(map_.flags(), count, parts); code != ResultCode::ok) return code;
        return target_.answer_count(count);
    }

    ResultCode increment(bool negative) {
        int64_t type = 0;
        if (!takes(1, 3) || !arguments_.optional_integer(2, type)) return ResultCode::parameter;
        Bytes key;
        Number delta, number = {false, 0, 0};
        if (const ResultCode code = to_stored_key(arguments_[0], memory_, key); code != ResultCode::ok) return code;
        if (!Number::parse_delta(arguments_, 1, delta)) return ResultCode::parameter;
        if (negative) delta = delta.negated();
        const Place place = map_.find_key(key);
        if (place.found) {
            if (!Number::parse(map_.value(place.index), number)) return ResultCode::parameter;
            number = number.plus(delta);
        } else {
            number = delta;
        }
        const ResultCode code = write(place, key, number.encode(memory_));
        if (code == ResultCode::ok) target_.outcome.result = number.answer(memory_);
        return code;
    }

    const Arguments& arguments_;
    const Target& target_;
    View& map_;
    Memory& memory_;
    const uint32_t n_;
    int64_t flags_ = 0;
};

}  // namespace

ResultCode modify_map(const Operation& operation, const Target& target) {
    return MapWrite(operation, target).run(Code(operation.code));
}

}  // namespace cairn::cdt
