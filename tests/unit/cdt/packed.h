#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/buffer.h"
#include "node/record/msgpack.h"
#include "node/record/particle_value.h"

/// Encoded values in few words: tests read like the operations they are about.
namespace cairn::cdt::test {

namespace msgpack = record::msgpack;
using Packed = std::vector<uint8_t>;

class Value {
public:
    Value(int number) {
        write([&](Buffer& out) { msgpack::write_int(out, number); });
    }
    Value(int64_t number) {
        write([&](Buffer& out) { msgpack::write_int(out, number); });
    }
    Value(double number) {
        write([&](Buffer& out) { msgpack::write_double(out, number); });
    }
    Value(const char* text) {
        write([&](Buffer& out) { msgpack::write_string(out, text); });
    }
    Value(Packed bytes) : bytes_(std::move(bytes)) {}

    const Packed& bytes() const { return bytes_; }

private:
    template <class F>
    void write(F f) {
        Buffer out;
        f(out);
        bytes_.assign(out.data(), out.data() + out.size());
    }
    Packed bytes_;
};

inline Value nil() { return Packed{0xC0}; }
inline Value infinity() { return Packed{0xD4, 0xFF, 0x01}; }
inline Value wildcard() { return Packed{0xD4, 0xFF, 0x00}; }

inline Packed pack(std::initializer_list<Value> values, bool map, uint8_t flags) {
    Buffer out;
    const auto count = uint32_t(values.size() / (map ? 2 : 1) + (flags != 0));
    if (map) msgpack::write_map_header(out, count);
    else msgpack::write_list_header(out, count);
    if (flags != 0) {
        msgpack::write_metadata(out, flags);
        if (map) msgpack::write_nil(out);
    }
    for (const Value& value : values) out.append(value.bytes());
    return Packed(out.data(), out.data() + out.size());
}
inline Packed list(std::initializer_list<Value> values) { return pack(values, false, 0); }
inline Packed ordered_list(std::initializer_list<Value> values) { return pack(values, false, 1); }
/// Keys and values in turn; sorted by key.
inline Packed map(std::initializer_list<Value> values) { return pack(values, true, 0); }
inline Packed ordered_map(std::initializer_list<Value> values) { return pack(values, true, 1); }

}  // namespace cairn::cdt::test
