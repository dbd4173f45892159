#pragma once
#include <algorithm>
#include <cstdint>

#include "common/base/bytes.h"

/// Bits of a byte string by number: bit 0 is the most significant of the first byte. Numbers read from it are
/// right-aligned, and runs are worked on 64 bits at a time.
namespace cairn::blob {

constexpr uint64_t low_bits(uint32_t width) { return width == 64 ? ~uint64_t{0} : (uint64_t{1} << width) - 1; }

/// @param width  1 to 64; the bits lie within `bytes`.
inline uint64_t load_bits(Bytes bytes, uint64_t bit, uint32_t width) {
    const uint64_t byte = bit / 8;
    const uint32_t lead = uint32_t(bit % 8);
    if (byte + 9 <= bytes.size()) {
        const uint8_t* at = bytes.data() + byte;
        uint64_t window = load_be<uint64_t>(at) << lead;
        if (lead != 0) window |= uint64_t{at[8]} >> (8 - lead);
        return window >> (64 - width);
    }
    uint64_t window = 0;
    const uint64_t end = (bit + width + 7) / 8;  // up to 9 bytes: what is shifted out on the left are the leading bits
    for (uint64_t i = byte; i + 1 < end; ++i) window = window << 8 | bytes[i];
    const uint32_t kept = uint32_t((bit + width - 1) % 8) + 1;  // bits of the last byte
    window = window << kept | bytes[end - 1] >> (8 - kept);
    return window & low_bits(width);
}

/// @param width  1 to 64; bits of `value` above it are ignored.
inline void store_bits(MutableBytes bytes, uint64_t bit, uint32_t width, uint64_t value) {
    const uint32_t used = uint32_t(bit % 8) + width;
    if (used <= 64 && bit / 8 + 8 <= bytes.size()) {
        uint8_t* at = bytes.data() + bit / 8;
        const uint64_t mask = low_bits(width) << (64 - used);
        store_be(at, (load_be<uint64_t>(at) & ~mask) | (value << (64 - used) & mask));
        return;
    }
    while (width != 0) {
        const uint32_t lead = uint32_t(bit % 8);
        const uint32_t part = std::min(width, 8 - lead);
        const uint32_t after = 8 - lead - part;
        const auto mask = uint8_t(low_bits(part) << after);
        uint8_t& byte = bytes[bit / 8];
        byte = uint8_t((byte & ~mask) | (uint8_t(value >> (width - part) << after) & mask));
        bit += part;
        width -= part;
    }
}

/// A run of bits within a byte string.
struct BitRun {
    uint64_t first = 0;
    uint64_t size = 0;

    uint64_t end() const { return first + size; }
};

/// Visits a run in pieces, front to back: f(at, width), `at` counted from the start of the run. After the first piece,
/// pieces begin at whole bytes; all but the first and the last are 64 wide. f answers whether to go on.
template <class F>
void for_each_piece(BitRun run, F f) {
    uint64_t at = 0;
    uint64_t width = std::min<uint64_t>((8 - run.first % 8) % 8, run.size);
    if (width == 0) width = std::min<uint64_t>(64, run.size);
    for (; at != run.size; width = std::min<uint64_t>(64, run.size - at)) {
        if (!f(at, uint32_t(width))) return;
        at += width;
    }
}

/// Replaces each piece of a run by f(old, at, width).
template <class F>
void rewrite(MutableBytes bytes, BitRun run, F f) {
    for_each_piece(run, [&](uint64_t at, uint32_t width) {
        const uint64_t bit = run.first + at;
        if (width == 64 && bit % 8 == 0) {
            uint8_t* word = bytes.data() + bit / 8;
            store_be(word, f(load_be<uint64_t>(word), at, width));
        } else {
            store_bits(bytes, bit, width, f(load_bits(bytes, bit, width), at, width));
        }
        return true;
    });
}

}  // namespace cairn::blob
