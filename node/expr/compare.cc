#include "node/expr/compare.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "node/record/msgpack.h"

namespace cairn::expr {
namespace {

namespace msgpack = record::msgpack;
using msgpack::Element;
using msgpack::Reader;

int order(uint64_t a, uint64_t b) { return a < b ? -1 : a == b ? 0 : 1; }

/// Passes a container's metadata, if it has some, so that `container.count` is what a user sees.
/// @return  its flags, or nothing when the container is damaged.
std::optional<uint8_t> pass_metadata(Reader& reader, Element& container) {
    if (container.count == 0) return uint8_t{0};
    Reader ahead = reader;
    Element first;
    if (!ahead.next(first)) return std::nullopt;
    if (!first.metadata()) return uint8_t{0};
    if (container.type == msgpack::Type::map && !ahead.skip()) return std::nullopt;
    reader = ahead;
    --container.count;
    return first.ext_type;
}

/// Two containers of a type whose headers have been read. @return  which is the longer.
std::optional<int> enter(Reader& a_reader, Element& a, Reader& b_reader, Element& b) {
    const auto a_flags = pass_metadata(a_reader, a);
    const auto b_flags = pass_metadata(b_reader, b);
    if (!a_flags || !b_flags) return std::nullopt;
    if (a.type == msgpack::Type::map && (*a_flags & *b_flags & msgpack::flag::ordered) == 0) return std::nullopt;
    return order(a.count, b.count);
}

}  // namespace

std::optional<int> compare_packed(Bytes a_bytes, Bytes b_bytes) {
    struct Frame {
        uint64_t pending;  // values that both sides still have
        int longer;        // the answer when those are equal
    };
    std::array<Frame, msgpack::kDepthMax> open;  // only the first `depth` are set
    uint32_t depth = 0;
    Reader a_reader(a_bytes), b_reader(b_bytes);
    Element a, b;
    while (true) {
        if (!a_reader.next(a) || !b_reader.next(b)) return std::nullopt;
        if (a.type == msgpack::Type::wildcard || b.type == msgpack::Type::wildcard) return 0;
        if (a.type != b.type) return order(uint64_t(a.type), uint64_t(b.type));
        if (!a.container()) {
            if (const int result = msgpack::compare_scalars(a, b)) return result;
        } else {
            const auto longer = enter(a_reader, a, b_reader, b);
            if (!longer || depth == msgpack::kDepthMax) return std::nullopt;
            if (a.type == msgpack::Type::map && *longer != 0) return *longer;
            open[depth++] = {std::min(a.children(), b.children()), *longer};
        }
        for (; depth != 0 && open[depth - 1].pending == 0; --depth) {
            if (open[depth - 1].longer != 0) return open[depth - 1].longer;
        }
        if (depth == 0) return 0;
        --open[depth - 1].pending;
    }
}

std::optional<bool> contains(Bytes list, Bytes value) {
    Reader reader(list);
    Element header;
    if (!reader.next(header) || header.type != msgpack::Type::list || !pass_metadata(reader, header)) {
        return std::nullopt;
    }
    for (uint32_t left = header.count; left != 0; --left) {
        const auto result = compare_packed(list.subspan(reader.position()), value);
        if (!result) return std::nullopt;
        if (*result == 0) return true;
        if (!reader.skip()) return std::nullopt;
    }
    return false;
}

Value map_parts(Bytes map, bool keys, record::Memory& memory) {
    constexpr size_t kHeaderMax = 5;
    Reader reader(map);
    Element header;
    if (!reader.next(header) || header.type != msgpack::Type::map || !pass_metadata(reader, header)) return {};
    uint8_t* const begin = memory.allocate(kHeaderMax + map.size());
    uint8_t* at = begin;
    if (header.count < 16) {
        *at++ = uint8_t(0x90 | header.count);
    } else if (header.count <= 0xFFFF) {
        *at = 0xDC;
        store_be(at + 1, uint16_t(header.count));
        at += 3;
    } else {
        *at = 0xDD;
        store_be(at + 1, header.count);
        at += 5;
    }
    for (uint32_t left = header.count; left != 0; --left) {
        const size_t key = reader.position();
        if (!reader.skip()) return {};
        const size_t value = reader.position();
        if (!reader.skip()) return {};
        const Bytes part = keys ? map.subspan(key, value - key) : map.subspan(value, reader.position() - value);
        std::memcpy(at, part.data(), part.size());
        at += part.size();
    }
    return Value::of(Type::list, {begin, size_t(at - begin)});
}

}  // namespace cairn::expr
