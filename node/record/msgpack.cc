#include "node/record/msgpack.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

namespace cairn::record::msgpack {

template <class T>
bool Reader::load(T& value) {
    if (left() < sizeof(T)) return false;
    value = load_be<T>(at_);
    at_ += sizeof(T);
    return true;
}

bool Reader::raw(Element& element, size_t size) {
    if (left() < size) return false;
    element.content = {at_, size};
    at_ += size;
    const uint8_t prefix = size == 0 ? 0 : element.content[0];
    element.type = prefix == kStringPrefix ? Type::string : prefix == kGeojsonPrefix ? Type::geojson : Type::bytes;
    return true;
}

bool Reader::ext(Element& element, size_t size) {
    if (!load(element.ext_type) || left() < size) return false;
    element.content = {at_, size};
    at_ += size;
    element.type = Type::ext;
    if (element.fixed_ext && size == 1 && element.ext_type == kExtComparison) {
        if (element.content[0] == 0) element.type = Type::wildcard;
        if (element.content[0] == 1) element.type = Type::infinity;
    }
    return true;
}

bool Reader::next(Element& element) {
    uint8_t byte = 0;
    if (!load(byte)) return false;
    element.canonical = true;
    element.fixed_ext = false;

    const auto integer = [&](int64_t value) {
        element.type = Type::integer;
        element.integer = value;
        return true;
    };
    const auto container = [&](Type type, uint32_t count) {
        element.type = type;
        element.count = count;
        return true;
    };
    if (byte < 0x80) return integer(byte);
    if (byte < 0x90) return container(Type::map, byte & 0xF);
    if (byte < 0xA0) return container(Type::list, byte & 0xF);
    if (byte < 0xC0) return raw(element, byte & 0x1F);
    if (byte >= 0xE0) return integer(int8_t(byte));

    uint8_t u8 = 0;
    uint16_t u16 = 0;
    uint32_t u32 = 0;
    uint64_t u64 = 0;
    const auto decide = [&](bool canonical) { element.canonical = canonical; };
    switch (byte) {
        case 0xC0: element.type = Type::nil; return true;
        case 0xC2: element.type = Type::false_value; return true;
        case 0xC3: element.type = Type::true_value; return true;
        case 0xC4: decide(false); return load(u8) && raw(element, u8);
        case 0xC5: decide(false); return load(u16) && raw(element, u16);
        case 0xC6: decide(false); return load(u32) && raw(element, u32);
        case 0xC7: return load(u8) && ext(element, u8);
        case 0xC8: return load(u16) && ext(element, u16);
        case 0xC9: return load(u32) && ext(element, u32);
        case 0xCA:
            element.type = Type::floating;
            if (!load(u32)) return false;
            element.floating = std::bit_cast<float>(u32);
            return true;
        case 0xCB:
            element.type = Type::floating;
            if (!load(u64)) return false;
            element.floating = std::bit_cast<double>(u64);
            return true;
        case 0xCC:
            if (!load(u8)) return false;
            decide(u8 >= 0x80);
            return integer(u8);
        case 0xCD:
            if (!load(u16)) return false;
            decide(u16 > 0xFF);
            return integer(u16);
        case 0xCE:
            if (!load(u32)) return false;
            decide(u32 > 0xFFFF);
            return integer(u32);
        case 0xCF:
            if (!load(u64)) return false;
            decide(u64 > 0xFFFF'FFFF);
            return integer(int64_t(u64));
        case 0xD0:
            if (!load(u8)) return false;
            decide(int8_t(u8) < -32);
            return integer(int8_t(u8));
        case 0xD1:
            if (!load(u16)) return false;
            decide(int16_t(u16) < INT8_MIN);
            return integer(int16_t(u16));
        case 0xD2:
            if (!load(u32)) return false;
            decide(int32_t(u32) < INT16_MIN);
            return integer(int32_t(u32));
        case 0xD3:
            if (!load(u64)) return false;
            decide(int64_t(u64) < INT32_MIN);
            return integer(int64_t(u64));
        case 0xD4:
        case 0xD5:
        case 0xD6:
        case 0xD7:
        case 0xD8: element.fixed_ext = true; return ext(element, size_t{1} << (byte - 0xD4));
        case 0xD9:
            if (!load(u8)) return false;
            decide(u8 >= 32);
            return raw(element, u8);
        case 0xDA:
            if (!load(u16)) return false;
            decide(u16 > 0xFF);
            return raw(element, u16);
        case 0xDB:
            if (!load(u32)) return false;
            decide(u32 > 0xFFFF);
            return raw(element, u32);
        case 0xDC:
            if (!load(u16)) return false;
            decide(u16 >= 16);
            return container(Type::list, u16);
        case 0xDD:
            if (!load(u32)) return false;
            decide(u32 > 0xFFFF);
            return container(Type::list, u32);
        case 0xDE:
            if (!load(u16)) return false;
            decide(u16 >= 16);
            return container(Type::map, u16);
        case 0xDF:
            if (!load(u32)) return false;
            decide(u32 > 0xFFFF);
            return container(Type::map, u32);
        default: return false;  // C1 is nothing
    }
}

bool Reader::skip() {
    Element element;
    for (uint64_t values = 1; values != 0; --values) {
        if (!next(element)) return false;
        values += element.children();
    }
    return true;
}

namespace {

template <class T>
int order(T a, T b) {
    return a < b ? -1 : a == b ? 0 : 1;
}

int order_bytes(Bytes a, Bytes b) {
    const size_t common = std::min(a.size(), b.size());
    if (common != 0) {
        if (const int result = std::memcmp(a.data(), b.data(), common)) return result;
    }
    return order(a.size(), b.size());
}

int order_doubles(double a, double b) {
    if (std::isnan(a) || std::isnan(b)) return order(!std::isnan(a), !std::isnan(b));
    return order(a, b);
}

// Passes a container's metadata, so that `container.count` is what a user sees.
bool pass_metadata(Reader& reader, Element& container) {
    if (container.count == 0) return true;
    Reader ahead = reader;
    Element first;
    if (!ahead.next(first)) return false;
    if (!first.metadata()) return true;
    if (container.type == Type::map && !ahead.skip()) return false;
    reader = ahead;
    --container.count;
    return true;
}

}  // namespace

int compare_scalars(const Element& a, const Element& b) {
    if (a.type != b.type) return order(a.type, b.type);
    switch (a.type) {
        case Type::integer: return order(a.integer, b.integer);
        case Type::floating: return order_doubles(a.floating, b.floating);
        case Type::string:
        case Type::bytes:
        case Type::geojson: return order_bytes(a.content, b.content);
        case Type::ext:
            return a.ext_type != b.ext_type ? order(a.ext_type, b.ext_type) : order_bytes(a.content, b.content);
        default: return 0;
    }
}

int compare(Bytes a_bytes, Bytes b_bytes) {
    struct Frame {
        uint64_t pending;  // values that both sides still have
        int longer;        // the answer when those are equal
    };
    std::array<Frame, kDepthMax> open;  // only the first `depth` are set
    uint32_t depth = 0;
    Reader a_reader(a_bytes), b_reader(b_bytes);
    Element a, b;
    do {
        if (!a_reader.next(a) || !b_reader.next(b)) return 0;
        if (a.type == Type::wildcard || b.type == Type::wildcard) return 0;
        if (a.type != b.type) return order(a.type, b.type);
        if (!a.container()) {
            if (const int result = compare_scalars(a, b)) return result;
        } else {
            if (depth == kDepthMax || !pass_metadata(a_reader, a) || !pass_metadata(b_reader, b)) return 0;
            const int longer = order(a.count, b.count);
            if (a.type == Type::map && longer != 0) return longer;
            open[depth++] = {std::min(a.children(), b.children()), longer};
        }
        for (; depth != 0 && open[depth - 1].pending == 0; --depth) {
            if (open[depth - 1].longer != 0) return open[depth - 1].longer;
        }
        if (depth != 0) --open[depth - 1].pending;
        else return 0;
    } while (true);
}

namespace {

void write_byte(Buffer& out, uint8_t byte) { *out.append(1) = byte; }

template <class T>
void write_sized(Buffer& out, uint8_t byte, T value) {
    uint8_t* at = out.append(1 + sizeof(T));
    *at = byte;
    store_be(at + 1, value);
}

void write_count(Buffer& out, uint32_t count, uint8_t fix, uint8_t two, uint8_t four) {
    if (count < 16) write_byte(out, uint8_t(fix | count));
    else if (count <= 0xFFFF) write_sized(out, two, uint16_t(count));
    else write_sized(out, four, count);
}

void write_raw_header(Buffer& out, size_t size) {
    if (size < 32) write_byte(out, uint8_t(0xA0 | size));
    else if (size <= 0xFF) write_sized(out, 0xD9, uint8_t(size));
    else if (size <= 0xFFFF) write_sized(out, 0xDA, uint16_t(size));
    else write_sized(out, 0xDB, uint32_t(size));
}

}  // namespace

void write_nil(Buffer& out) { write_byte(out, 0xC0); }
void write_bool(Buffer& out, bool value) { write_byte(out, value ? 0xC3 : 0xC2); }
void write_double(Buffer& out, double value) { write_sized(out, 0xCB, std::bit_cast<uint64_t>(value)); }

void write_int(Buffer& out, int64_t value) {
    if (value >= 0) {
        if (value < 0x80) write_byte(out, uint8_t(value));
        else if (value <= 0xFF) write_sized(out, 0xCC, uint8_t(value));
        else if (value <= 0xFFFF) write_sized(out, 0xCD, uint16_t(value));
        else if (value <= 0xFFFF'FFFF) write_sized(out, 0xCE, uint32_t(value));
        else write_sized(out, 0xCF, uint64_t(value));
        return;
    }
    if (value >= -32) write_byte(out, uint8_t(value));
    else if (value >= INT8_MIN) write_sized(out, 0xD0, uint8_t(value));
    else if (value >= INT16_MIN) write_sized(out, 0xD1, uint16_t(value));
    else if (value >= INT32_MIN) write_sized(out, 0xD2, uint32_t(value));
    else write_sized(out, 0xD3, uint64_t(value));
}

void write_raw(Buffer& out, Bytes content) {
    write_raw_header(out, content.size());
    out.append(content);
}

void write_string(Buffer& out, std::string_view text) {
    write_raw_header(out, text.size() + 1);
    write_byte(out, kStringPrefix);
    out.append(as_bytes(text));
}

void write_list_header(Buffer& out, uint32_t count) { write_count(out, count, 0x90, 0xDC, 0xDD); }
void write_map_header(Buffer& out, uint32_t count) { write_count(out, count, 0x80, 0xDE, 0xDF); }

void write_metadata(Buffer& out, uint8_t flags) {
    uint8_t* at = out.append(3);
    at[0] = 0xC7;
    at[1] = 0;
    at[2] = flags;
}

}  // namespace cairn::record::msgpack
