#include "node/expr/value.h"

#include <bit>

#include "common/base/buffer.h"
#include "node/record/collection.h"
#include "node/record/msgpack.h"

namespace cairn::expr {
namespace {

namespace msgpack = record::msgpack;
using record::ParticleValue;
using wire::Particle;

constexpr size_t kGeojsonHead = 3;  // flags and count of cells, in front of a stored value's text
constexpr uint8_t kHllPrefix = uint8_t(Particle::hll);

uint8_t prefix_of(Type type) {
    switch (type) {
        case Type::string: return msgpack::kStringPrefix;
        case Type::geojson: return msgpack::kGeojsonPrefix;
        case Type::hll: return kHllPrefix;
        default: return msgpack::kBlobPrefix;
    }
}

template <class T>
uint8_t* store(uint8_t* at, uint8_t first, T value) {
    *at = first;
    store_be(at + 1, value);
    return at + 1 + sizeof(T);
}

size_t integer_size(int64_t value) {
    if (value >= -32 && value < 0x80) return 1;
    if (value >= 0) return value <= 0xFF ? 2 : value <= 0xFFFF ? 3 : value <= 0xFFFF'FFFF ? 5 : 9;
    return value >= INT8_MIN ? 2 : value >= INT16_MIN ? 3 : value >= INT32_MIN ? 5 : 9;
}

uint8_t* pack_integer(uint8_t* at, int64_t value) {
    const bool negative = value < 0;
    switch (integer_size(value)) {
        case 1: *at = uint8_t(value); return at + 1;
        case 2: return store(at, negative ? 0xD0 : 0xCC, uint8_t(value));
        case 3: return store(at, negative ? 0xD1 : 0xCD, uint16_t(value));
        case 5: return store(at, negative ? 0xD2 : 0xCE, uint32_t(value));
        default: return store(at, negative ? 0xD3 : 0xCF, uint64_t(value));
    }
}

size_t raw_header_size(size_t size) { return size < 32 ? 1 : size <= 0xFF ? 2 : size <= 0xFFFF ? 3 : 5; }

size_t raw_size(Bytes content) { return raw_header_size(content.size() + 1) + 1 + content.size(); }

uint8_t* pack_raw(uint8_t* at, uint8_t prefix, Bytes content) {
    const size_t size = content.size() + 1;
    switch (raw_header_size(size)) {
        case 1: *at++ = uint8_t(0xA0 | size); break;
        case 2: at = store(at, 0xD9, uint8_t(size)); break;
        case 3: at = store(at, 0xDA, uint16_t(size)); break;
        default: at = store(at, 0xDB, uint32_t(size)); break;
    }
    *at++ = prefix;
    if (!content.empty()) std::memcpy(at, content.data(), content.size());
    return at + content.size();
}

ParticleValue number_particle(Particle type, uint64_t bits, record::Memory& memory) {
    uint8_t* at = memory.allocate(8);
    store_be(at, bits);
    return {type, type == Particle::integer ? record::shorten_integer(at) : Bytes{at, 8}};
}

ParticleValue boolean_particle(bool value, record::Memory& memory) {
    uint8_t* at = memory.allocate(1);
    *at = value ? 1 : 0;
    return {Particle::boolean, {at, 1}};
}

}  // namespace

Bytes geojson_text(Bytes stored) {
    if (stored.size() < kGeojsonHead) return {};
    const size_t head = kGeojsonHead + 8 * size_t(load_be<uint16_t>(stored.data() + 1));
    return stored.size() < head ? Bytes{} : stored.subspan(head);
}

Bytes geojson_stored(Bytes text, record::Memory& memory) {
    uint8_t* at = memory.allocate(kGeojsonHead + text.size());
    std::memset(at, 0, kGeojsonHead);
    if (!text.empty()) std::memcpy(at + kGeojsonHead, text.data(), text.size());
    return {at, kGeojsonHead + text.size()};
}

Value from_particle(const ParticleValue& particle) {
    const Bytes bytes = particle.bytes;
    switch (particle.type) {
        case Particle::null: return Value::nil();
        case Particle::integer: return Value::of(record::load_integer(bytes));
        case Particle::floating: return Value::of(std::bit_cast<double>(load_be<uint64_t>(bytes.data())));
        case Particle::boolean: return Value::of(bytes[0] != 0);
        case Particle::string: return Value::of(Type::string, bytes);
        case Particle::blob: return Value::of(Type::blob, bytes);
        case Particle::list: return Value::of(Type::list, bytes);
        case Particle::map: return Value::of(Type::map, bytes);
        case Particle::hll: return Value::of(Type::hll, bytes);
        case Particle::geojson: return Value::of(Type::geojson, bytes);
        default: return {};
    }
}

ParticleValue to_particle(const Value& value, record::Memory& memory) {
    switch (value.type) {
        case Type::boolean: return boolean_particle(value.integer != 0, memory);
        case Type::integer: return number_particle(Particle::integer, uint64_t(value.integer), memory);
        case Type::floating:
            return number_particle(Particle::floating, std::bit_cast<uint64_t>(value.floating), memory);
        case Type::string: return {Particle::string, value.bytes};
        case Type::blob: return {Particle::blob, value.bytes};
        case Type::list: return {Particle::list, value.bytes};
        case Type::map: return {Particle::map, value.bytes};
        case Type::hll: return {Particle::hll, value.bytes};
        case Type::geojson: return {Particle::geojson, value.bytes};
        default: return {};
    }
}

ResultCode normalise(ParticleValue& collection, record::Memory& memory) {
    if (collection.bytes.size() > kValueMax) return ResultCode::record_too_big;
    Buffer normal;
    const ResultCode code = record::normalise_collection(collection.type, collection.bytes, normal);
    if (code == ResultCode::ok) collection.bytes = memory.keep(normal.bytes());
    return code;
}

size_t packed_size(const Value& value) {
    switch (value.type) {
        case Type::integer: return integer_size(value.integer);
        case Type::floating: return 9;
        case Type::list:
        case Type::map: return value.bytes.size();
        case Type::string:
        case Type::blob:
        case Type::hll: return raw_size(value.bytes);
        case Type::geojson: return raw_size(geojson_text(value.bytes));
        default: return 1;
    }
}

uint8_t* pack(uint8_t* at, const Value& value) {
    switch (value.type) {
        case Type::boolean: *at = value.integer != 0 ? 0xC3 : 0xC2; return at + 1;
        case Type::integer: return pack_integer(at, value.integer);
        case Type::floating: return store(at, 0xCB, std::bit_cast<uint64_t>(value.floating));
        case Type::list:
        case Type::map: std::memcpy(at, value.bytes.data(), value.bytes.size()); return at + value.bytes.size();
        case Type::string:
        case Type::blob:
        case Type::hll: return pack_raw(at, prefix_of(value.type), value.bytes);
        case Type::geojson: return pack_raw(at, prefix_of(value.type), geojson_text(value.bytes));
        default: *at = 0xC0; return at + 1;
    }
}

Bytes pack(const Value& value, record::Memory& memory) {
    const size_t size = packed_size(value);
    uint8_t* at = memory.allocate(size);
    pack(at, value);
    return {at, size};
}

}  // namespace cairn::expr
