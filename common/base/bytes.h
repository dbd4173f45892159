#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace cairn {

using Bytes = std::span<const uint8_t>;
using MutableBytes = std::span<uint8_t>;

inline std::string_view as_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
inline Bytes as_bytes(std::string_view text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

/// Unaligned loads and stores; `be`: network order, `le`: little-endian. T is an unsigned integer.
template <class T>
T load_be(const uint8_t* from) {
    T value;
    std::memcpy(&value, from, sizeof(T));
    if constexpr (sizeof(T) > 1) value = std::byteswap(value);
    return value;
}
template <class T>
T load_le(const uint8_t* from) {
    T value;
    std::memcpy(&value, from, sizeof(T));
    return value;
}
template <class T>
void store_be(uint8_t* to, T value) {
    if constexpr (sizeof(T) > 1) value = std::byteswap(value);
    std::memcpy(to, &value, sizeof(T));
}
template <class T>
void store_le(uint8_t* to, T value) {
    std::memcpy(to, &value, sizeof(T));
}

static_assert(std::endian::native == std::endian::little, "record and index layouts are little-endian in memory");

}  // namespace cairn
