#pragma once
#include <bit>
#include <cstdint>

#include "node/record/bins.h"
#include "node/record/memory.h"
#include "node/record/particle_value.h"

namespace cairn::blob {

/// Numbers in stored form.
inline record::ParticleValue integer_result(int64_t value, record::Memory& memory) {
    uint8_t* at = memory.allocate(8);
    store_be(at, uint64_t(value));
    return {wire::Particle::integer, record::shorten_integer(at)};
}
inline record::ParticleValue floating_result(double value, record::Memory& memory) {
    uint8_t* at = memory.allocate(8);
    store_be(at, std::bit_cast<uint64_t>(value));
    return {wire::Particle::floating, {at, 8}};
}

}  // namespace cairn::blob
