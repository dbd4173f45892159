#include "node/blob/sketch.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "node/blob/bit_field.h"
#include "node/blob/murmur3.h"
#include "node/blob/unpacked.h"

namespace cairn::blob {

Place place_of(Bytes element, Precision precision) {
    const Hash128 hash = murmur3(element);
    // A rank has 6 bits: the one hash in 2^63 with more trailing zeros counts as the last that fits.
    const auto rank = uint64_t(std::min(std::countr_zero(hash.high) + 1, 63));
    const uint64_t minhash =
        precision.minhash_bits == 0 ? 0 : hash.low >> precision.index_bits & low_bits(precision.minhash_bits);
    return {uint32_t(hash.low & low_bits(precision.index_bits)), rank << precision.minhash_bits | minhash};
}

std::optional<Sketch> Sketch::view(Bytes bytes) {
    if (!record::is_sketch(bytes)) return std::nullopt;
    return Sketch(bytes);
}

uint64_t Sketch::at(uint32_t index) const {
    const uint32_t width = precision().width();
    return load_bits(registers(), uint64_t{index} * width, width);
}

NewSketch::NewSketch(Precision precision, record::Memory& memory)
    : bytes_(memory.allocate(precision.size()), precision.size()), precision_(precision) {
    std::ranges::fill(bytes_, uint8_t{0});
    bytes_[1] = uint8_t(precision.index_bits);
    bytes_[2] = uint8_t(precision.minhash_bits);
}

NewSketch::NewSketch(const Sketch& old, record::Memory& memory)
    : bytes_(memory.allocate(old.bytes().size()), old.bytes().size()), precision_(old.precision()) {
    std::ranges::copy(old.bytes(), bytes_.begin());
}

bool NewSketch::raise(Place place) {
    const uint32_t width = precision_.width();
    const uint64_t bit = uint64_t{place.index} * width;
    if (load_bits(registers(), bit, width) >= place.value) return false;
    store_bits(registers(), bit, width, place.value);
    return true;
}

Precision common_precision(std::span<const Sketch> sketches) {
    Precision common = sketches.front().precision();
    for (const Sketch& sketch : sketches) {
        const Precision precision = sketch.precision();
        if (precision != common) common.minhash_bits = 0;
        common.index_bits = std::min(common.index_bits, precision.index_bits);
    }
    return common;
}

Bytes merge(std::span<const Sketch> sketches, Precision precision, record::Memory& memory) {
    NewSketch merged(precision, memory);
    if (precision.minhash_bits == 0) {
        pack<uint8_t>(merge_unpacked<uint8_t>(sketches, precision, memory), precision, merged.registers());
    } else {
        pack<uint64_t>(merge_unpacked<uint64_t>(sketches, precision, memory), precision, merged.registers());
    }
    return merged.bytes();
}

}  // namespace cairn::blob
