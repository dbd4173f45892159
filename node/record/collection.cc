#include "node/record/collection.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "node/record/msgpack.h"

namespace cairn::record {
namespace {

using msgpack::Element;
using msgpack::Reader;
using msgpack::Type;

enum class Verdict {
    kept,     // checked so far, and nothing was in need of change
    changed,  // checked no further than to here: it is not in normal form
    invalid,
};

// A map's pair, for sorting: most comparisons end at `type` and `lead`.
struct Pair {
    Type type;
    uint64_t lead;  // orders keys of one type as far as it goes
    uint32_t start;
    uint32_t size;
};

bool key_allowed(const Element& key) {
    if (key.type == Type::bytes) return !key.content.empty() && key.content[0] == msgpack::kBlobPrefix;
    return key.type == Type::integer || key.type == Type::string;
}

uint64_t lead_of(const Element& key) {
    if (key.type == Type::integer) return uint64_t(key.integer) ^ uint64_t { 1 } << 63;
    uint8_t lead[8] = {};
    const size_t size = std::min(key.content.size() - 1, sizeof(lead));
    if (size != 0) std::memcpy(lead, key.content.data() + 1, size);
    return load_be<uint64_t>(lead);
}

/// Sorts the pairs of a map, already in normal form themselves.
/// @param keys  where each pair starts in `pairs`.
/// @return  false when two keys are equal.
bool sort_pairs(MutableBytes pairs, std::span<const uint32_t> keys) {
    std::vector<Pair> order;
    order.reserve(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) {
        const uint32_t end = i + 1 < keys.size() ? keys[i + 1] : uint32_t(pairs.size());
        Element key;
        CAIRN_CHECK(Reader(pairs.subspan(keys[i])).next(key));
        order.push_back({key.type, lead_of(key), keys[i], end - keys[i]});
    }
    const auto compare = [&](const Pair& a, const Pair& b) {
        if (a.type != b.type) return a.type < b.type ? -1 : 1;
        if (a.lead != b.lead) return a.lead < b.lead ? -1 : 1;
        return msgpack::compare(pairs.subspan(a.start, a.size), pairs.subspan(b.start, b.size));
    };
    std::sort(order.begin(), order.end(), [&](const Pair& a, const Pair& b) { return compare(a, b) < 0; });
    const auto equal = [&](const Pair& a, const Pair& b) { return compare(a, b) == 0; };
    if (std::adjacent_find(order.begin(), order.end(), equal) != order.end()) return false;

    Buffer sorted(pairs.size());
    for (const Pair& pair : order) sorted.append(pairs.subspan(pair.start, pair.size));
    std::memcpy(pairs.data(), sorted.data(), pairs.size());
    return true;
}

/// One pass over a collection. Without kRewrite it only looks, and stops at the first thing to change; with it, it
/// writes the normal form. The two are one algorithm: what was passed is in normal form, in the input or in the output,
/// so values are compared there.
template <bool kRewrite>
class Pass {
public:
    /// @param out  for kRewrite: has room for in.size() bytes, so that it never moves.
    Pass(Bytes in, Buffer& out, uint32_t outer)
        : in_(in), reader_(in), out_(out), base_(out.size()), depth_max_(msgpack::kDepthMax - outer) {}

    Verdict run(Type root) {
        Element element;
        if (!reader_.next(element) || element.type != root) return Verdict::invalid;
        Verdict verdict = open(element, 0);
        while (verdict == Verdict::kept && depth_ != 0) verdict = step();
        if (verdict == Verdict::kept && !reader_.at_end()) return Verdict::invalid;
        return verdict;
    }

private:
    // An open container. Offsets are into what was passed.
    struct Frame {
        uint64_t pending;  // values still to come; a map has two for each pair
        uint32_t body;  // the first value after header and metadata
        uint32_t previous;  // the list element before the one at `current`
        uint32_t current;
        uint32_t key;  // a map's latest: where it is in the input
        uint32_t keys;  // its own begin here in keys_
        bool first;  // no element or key was passed yet
        bool map;
        bool ordered;  // must have arrived sorted
        bool unsorted;  // a map to be sorted when it is complete
        bool metadata;
    };

    uint32_t position() const {
        if constexpr (kRewrite) return uint32_t(out_.size() - base_);
        else return uint32_t(reader_.position());
    }
    Bytes passed_from(uint32_t start) const {
        if constexpr (kRewrite) return out_.bytes().subspan(base_ + start);
        else return in_.subspan(start);
    }

    Verdict step() {
        Frame& top = open_[depth_ - 1];
        if (top.pending == 0) return close();
        const bool is_key = top.map && top.pending % 2 == 0;
        --top.pending;
        const uint32_t start = position();
        const size_t source = reader_.position();
        Element element;
        if (!reader_.next(element)) return Verdict::invalid;
        if (is_key) {
            if (const Verdict verdict = take_key(top, element, start, source); verdict != Verdict::kept) return verdict;
        } else if (!top.map) {
            if (top.first && top.metadata && element.type == Type::ext) return Verdict::invalid;
            top.previous = top.current;
            top.current = start;
        }
        if (element.container()) return open(element, source);
        return scalar(element, source);
    }

    Verdict take_key(Frame& map, const Element& key, uint32_t start, size_t source) {
        if (!key_allowed(key)) return Verdict::invalid;
        int order = -1;
        if (!map.first) {
            Element previous;
            CAIRN_CHECK(Reader(in_.subspan(map.key)).next(previous));
            order = msgpack::compare_scalars(previous, key);
        }
        if (order == 0 || (order > 0 && map.ordered)) return Verdict::invalid;
        map.first = false;
        map.key = uint32_t(source);
        if constexpr (kRewrite) {
            map.unsorted = map.unsorted || order > 0;
            keys_.push_back(start - map.body);
            return Verdict::kept;
        } else {
            return order > 0 ? Verdict::changed : Verdict::kept;
        }
    }

    Verdict scalar(const Element& element, size_t source) {
        switch (element.type) {
            case Type::ext:
                if (element.ext_type == msgpack::kExtComparison) return Verdict::invalid;
                break;
            case Type::infinity:
            case Type::wildcard: return Verdict::invalid;
            default: break;
        }
        if constexpr (kRewrite) {
            if (element.canonical) copy_from(source);
            else if (element.type == Type::integer) msgpack::write_int(out_, element.integer);
            else msgpack::write_raw(out_, element.content);
        } else if (!element.canonical) {
            return Verdict::changed;
        }
        return passed();
    }

    // The value that ends here is complete: the place of an ordered list's element can be judged.
    Verdict passed() {
        if (depth_ == 0) return Verdict::kept;
        Frame& top = open_[depth_ - 1];
        if (top.map) return Verdict::kept;
        const bool first = std::exchange(top.first, false);
        if (first || !top.ordered || msgpack::compare(passed_from(top.previous), passed_from(top.current)) <= 0)
            return Verdict::kept;
        return Verdict::invalid;
    }

    Verdict open(Element container, size_t source) {
        if (depth_ == depth_max_) return Verdict::invalid;
        const bool map = container.type == Type::map;
        Element first;
        Reader ahead = reader_;
        const bool metadata = container.count != 0 && ahead.next(first) && first.metadata();
        uint8_t flags = 0;
        bool verbatim = !metadata;  // header and metadata stay as they are
        if (metadata) {
            if (first.fixed_ext && map) return Verdict::invalid;
            flags =
                first.ext_type & (map ? msgpack::flag::ordered | msgpack::flag::value_ordered : msgpack::flag::ordered);
            verbatim = first.fixed_ext || (flags != 0 && flags == first.ext_type && first.content.empty());
            if (map) {
                Reader value = ahead;
                Element nil;
                if (!value.next(nil) || !ahead.skip()) return Verdict::invalid;
                verbatim = verbatim && nil.type == Type::nil;
            }
            reader_ = ahead;
        }
        verbatim = verbatim && container.canonical;
        if constexpr (kRewrite) {
            if (verbatim) copy_from(source);
            else write_opening(container, first, metadata, flags);
        } else if (!verbatim) {
            return Verdict::changed;
        }
        if (metadata) --container.count;
        const uint32_t body = position();
        Frame& top = open_[depth_++];
        top.pending = container.children();
        top.body = top.previous = top.current = body;
        top.keys = uint32_t(keys_.size());
        top.first = true;
        top.map = map;
        top.ordered = (flags & msgpack::flag::ordered) != 0;
        top.unsorted = false;
        top.metadata = metadata;
        return Verdict::kept;
    }

    void write_opening(const Element& container, const Element& first, bool metadata, uint8_t flags) {
        const bool dropped = metadata && !first.fixed_ext && flags == 0;
        const uint32_t count = container.count - (dropped ? 1 : 0);
        if (container.type == Type::map) msgpack::write_map_header(out_, count);
        else msgpack::write_list_header(out_, count);
        if (!metadata || dropped) return;
        // The reference keeps metadata of fixed size to the byte.
        if (first.fixed_ext)
            out_.append(in_.subspan(reader_.position() - first.content.size() - 2, first.content.size() + 2));
        else msgpack::write_metadata(out_, flags);
        if (container.type == Type::map) msgpack::write_nil(out_);
    }

    Verdict close() {
        Frame& top = open_[--depth_];
        if constexpr (kRewrite) {
            MutableBytes pairs(out_.data() + base_ + top.body, position() - top.body);
            if (top.unsorted && !sort_pairs(pairs, std::span(keys_).subspan(top.keys))) return Verdict::invalid;
            keys_.resize(top.keys);
        }
        return passed();
    }

    void copy_from(size_t source) { out_.append(in_.subspan(source, reader_.position() - source)); }

    const Bytes in_;
    Reader reader_;
    Buffer& out_;
    const size_t base_;
    const uint32_t depth_max_;
    std::vector<uint32_t> keys_;  // for kRewrite: where each key of the open maps is, from its map's body
    uint32_t depth_ = 0;
    std::array<Frame, msgpack::kDepthMax> open_;  // only the first depth_ are set
};

}  // namespace

ResultCode normalise_collection(wire::Particle type, Bytes in, Buffer& out, uint32_t outer) {
    CAIRN_CHECK(type == wire::Particle::list || type == wire::Particle::map);
    if (in.size() > UINT32_MAX || outer >= msgpack::kDepthMax) return ResultCode::server_error;
    const Type root = type == wire::Particle::list ? Type::list : Type::map;
    const Verdict verdict = Pass<false>(in, out, outer).run(root);
    if (verdict == Verdict::invalid) return ResultCode::server_error;
    if (verdict == Verdict::kept) {
        out.append(in);
        return ResultCode::ok;
    }
    out.prepare(in.size());
    const size_t size_before = out.size();
    if (Pass<true>(in, out, outer).run(root) == Verdict::kept) return ResultCode::ok;
    out.truncate(size_before);
    return ResultCode::server_error;
}

}  // namespace cairn::record
