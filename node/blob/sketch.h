#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "common/base/bytes.h"
#include "node/record/memory.h"
#include "node/record/sketch_form.h"

namespace cairn::blob {

/// How fine a sketch is.
struct Precision {
    uint32_t index_bits = 0;
    uint32_t minhash_bits = 0;

    uint32_t registers() const { return uint32_t{1} << index_bits; }
    /// Bits of a register: the rank above, the minhash below.
    uint32_t width() const { return record::kRankBits + minhash_bits; }
    size_t size() const { return record::sketch_size(index_bits, minhash_bits); }
    bool operator==(const Precision&) const = default;
};

/// One register that an element falls on, and what it must hold at least.
struct Place {
    uint32_t index;
    uint64_t value;
};

/// @param element  encoded, in normal form.
Place place_of(Bytes element, Precision precision);

/// A view of a stored sketch.
class Sketch {
public:
    /// @return  nothing when the bytes do not have the form.
    static std::optional<Sketch> view(Bytes bytes);

    Precision precision() const { return {bytes_[1], bytes_[2]}; }
    uint64_t cached_count() const { return load_le<uint64_t>(bytes_.data() + 3); }
    Bytes registers() const { return bytes_.subspan(record::kSketchHeaderSize); }
    uint64_t at(uint32_t index) const;
    Bytes bytes() const { return bytes_; }

private:
    explicit Sketch(Bytes bytes) : bytes_(bytes) {}

    Bytes bytes_;
};

/// A sketch being made: of nothing, or a copy of another.
class NewSketch {
public:
    NewSketch(Precision precision, record::Memory& memory);
    NewSketch(const Sketch& old, record::Memory& memory);

    /// @return  whether it changed something.
    bool raise(Place place);
    void set_cached_count(uint64_t count) { store_le(bytes_.data() + 3, count); }
    MutableBytes registers() { return bytes_.subspan(record::kSketchHeaderSize); }
    Bytes bytes() const { return bytes_; }

private:
    MutableBytes bytes_;
    Precision precision_;
};

/// The finest precision that all of them can be brought to. Minhashes are of use only among sketches of one precision.
Precision common_precision(std::span<const Sketch> sketches);

/// The union of sketches, at least one, without a cached count.
Bytes merge(std::span<const Sketch> sketches, Precision precision, record::Memory& memory);

}  // namespace cairn::blob
