#include "common/client/value.h"

#include <bit>

namespace cairn::client {
namespace {

std::string big_endian(uint64_t word) {
    std::string bytes(sizeof(word), '\0');
    store_be(reinterpret_cast<uint8_t*>(bytes.data()), word);
    return bytes;
}

}  // namespace

Value Value::integer(int64_t value) { return {wire::Particle::integer, big_endian(uint64_t(value))}; }
Value Value::real(double value) { return {wire::Particle::floating, big_endian(std::bit_cast<uint64_t>(value))}; }
Value Value::boolean(bool value) { return {wire::Particle::boolean, std::string(1, value ? '\1' : '\0')}; }

std::optional<int64_t> Value::as_integer() const {
    if (type != wire::Particle::integer || bytes.size() != 8) return std::nullopt;
    return int64_t(load_be<uint64_t>(as_bytes(bytes).data()));
}

std::optional<double> Value::as_real() const {
    if (type != wire::Particle::floating || bytes.size() != 8) return std::nullopt;
    return std::bit_cast<double>(load_be<uint64_t>(as_bytes(bytes).data()));
}

std::optional<bool> Value::as_boolean() const {
    if (type != wire::Particle::boolean || bytes.size() != 1) return std::nullopt;
    return bytes[0] != 0;
}

}  // namespace cairn::client
