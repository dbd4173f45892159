#pragma once
#include <algorithm>
#include <cstdint>
#include <new>
#include <span>

#include "node/blob/bit_field.h"
#include "node/blob/sketch.h"

/// Registers one after another in memory, so that the machine works on many at once. A Word holds a rank alone
/// (uint8_t) or a whole register with its minhash (uint64_t).
namespace cairn::blob {

template <class Word>
std::span<Word> allocate_words(record::Memory& memory, size_t count) {
    uint8_t* at = memory.allocate(count * sizeof(Word) + alignof(Word) - 1);
    at += (0 - reinterpret_cast<uintptr_t>(at)) % alignof(Word);
    return {new (at) Word[count], count};
}

/// Drops minhashes where the words are ranks.
template <class Word>
void unpack(const Sketch& sketch, std::span<Word> words) {
    const Precision precision = sketch.precision();
    const Bytes registers = sketch.registers();
    if (precision.minhash_bits == 0) {
        const uint8_t* from = registers.data();
        for (size_t i = 0; i < words.size(); i += 4, from += 3) {  // 4 registers of 6 bits in 3 bytes
            const uint32_t four = uint32_t{from[0]} << 16 | uint32_t{from[1]} << 8 | from[2];
            words[i] = Word(four >> 18);
            words[i + 1] = Word(four >> 12 & 63);
            words[i + 2] = Word(four >> 6 & 63);
            words[i + 3] = Word(four & 63);
        }
        return;
    }
    const uint32_t width = precision.width();
    const uint32_t dropped = sizeof(Word) == 1 ? precision.minhash_bits : 0;
    for (size_t i = 0; i < words.size(); ++i) words[i] = Word(load_bits(registers, i * width, width) >> dropped);
}

/// The union at a precision that each of the sketches can be brought to.
template <class Word>
std::span<Word> merge_unpacked(std::span<const Sketch> sketches, Precision precision, record::Memory& memory) {
    const size_t count = precision.registers();
    const std::span<Word> merged = allocate_words<Word>(memory, count);
    std::ranges::fill(merged, Word{0});
    uint32_t index_bits = 0;
    for (const Sketch& sketch : sketches) index_bits = std::max(index_bits, sketch.precision().index_bits);
    const std::span<Word> room = allocate_words<Word>(memory, size_t{1} << index_bits);
    for (const Sketch& sketch : sketches) {
        const std::span<Word> words = room.first(sketch.precision().registers());
        unpack(sketch, words);
        // Registers that differ only in the upper bits of their index fall on one another.
        for (size_t folded = 0; folded < words.size(); folded += count) {
            for (size_t i = 0; i < count; ++i) merged[i] = std::max(merged[i], words[folded + i]);
        }
    }
    return merged;
}

template <class Word>
void pack(std::span<const Word> words, Precision precision, MutableBytes registers) {
    if constexpr (sizeof(Word) == 1) {
        uint8_t* to = registers.data();
        for (size_t i = 0; i < words.size(); i += 4, to += 3) {
            const uint32_t four =
                uint32_t{words[i]} << 18 | uint32_t{words[i + 1]} << 12 | uint32_t{words[i + 2]} << 6 | words[i + 3];
            to[0] = uint8_t(four >> 16);
            to[1] = uint8_t(four >> 8);
            to[2] = uint8_t(four);
        }
    } else {
        const uint32_t width = precision.width();
        for (size_t i = 0; i < words.size(); ++i) store_bits(registers, i * width, width, words[i]);
    }
}

}  // namespace cairn::blob
