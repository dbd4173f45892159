#include "node/record/value.h"

#include "node/record/collection.h"
#include "node/record/element_index.h"
#include "node/record/geojson.h"
#include "node/record/sketch_form.h"

namespace cairn::record {
namespace {

/// A list or map in normal form; long ones get the places of their entries.
Bytes keep_collection(Bytes normal, Memory& memory) {
    Bytes body;
    const std::vector<uint8_t> head = head_to_store(normal, body);
    if (head.empty()) return memory.keep(normal);
    uint8_t* at = memory.allocate(head.size() + body.size());
    std::memcpy(at, head.data(), head.size());
    std::memcpy(at + head.size(), body.data(), body.size());
    return {at, head.size() + body.size()};
}

/// Integers arrive as 8 bytes, or as 1, 2 or 4 unsigned ones from old clients.
ResultCode integer_to_stored(Bytes value, Draft& draft, Bytes& stored) {
    uint64_t widened = 0;
    switch (value.size()) {
        case 8: stored = shorten_integer(value.data()); return ResultCode::ok;
        case 1: widened = value[0]; break;
        case 2: widened = load_be<uint16_t>(value.data()); break;
        case 4: widened = load_be<uint32_t>(value.data()); break;
        default: return ResultCode::parameter;
    }
    uint8_t* at = draft.allocate(8);
    store_be(at, widened);
    stored = shorten_integer(at);
    return ResultCode::ok;
}

}  // namespace

bool is_string_like(Particle type) {
    switch (type) {
        case Particle::string:
        case Particle::blob:
        case Particle::java_blob:
        case Particle::csharp_blob:
        case Particle::python_blob:
        case Particle::ruby_blob:
        case Particle::php_blob:
        case Particle::erlang_blob:
        case Particle::vector: return true;
        default: return false;
    }
}

bool is_storable(Particle type) {
    switch (type) {
        case Particle::integer:
        case Particle::floating:
        case Particle::boolean:
        case Particle::hll:
        case Particle::map:
        case Particle::list:
        case Particle::geojson: return true;
        default: return is_string_like(type);
    }
}

ResultCode to_stored(Particle type, Bytes value, Draft& draft, Buffer& scratch, Bytes& stored) {
    stored = value;
    switch (type) {
        case Particle::integer: return integer_to_stored(value, draft, stored);
        case Particle::floating: return value.size() == 8 ? ResultCode::ok : ResultCode::parameter;
        case Particle::boolean: return value.size() == 1 && value[0] <= 1 ? ResultCode::ok : ResultCode::parameter;
        case Particle::hll: return is_sketch(value) ? ResultCode::ok : ResultCode::parameter;
        case Particle::list:
        case Particle::map: {
            if (value.size() > kUnitsMax * kUnit) return ResultCode::record_too_big;  // before any work on it
            scratch.clear();
            const ResultCode code = normalise_collection(type, value, scratch);
            if (code == ResultCode::ok) stored = keep_collection(scratch.bytes(), draft.memory());
            return code;
        }
        case Particle::geojson: return geojson_to_stored(value, draft.memory(), stored);
        default: return is_string_like(type) ? ResultCode::ok : ResultCode::parameter;
    }
}

}  // namespace cairn::record
