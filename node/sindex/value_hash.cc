#include "node/sindex/value_hash.h"

#include <utility>

namespace cairn::sindex {
namespace {

constexpr uint64_t kSecret[4] = {0xa0761d6478bd642f, 0xe7037ed1a0b428db, 0x8ebc6af09c88c6e3, 0x589965cc75374cc3};
constexpr uint64_t kSeed = 0x29fbb14cc886f;

uint64_t mix(uint64_t a, uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = Wide{a} * b;
    return uint64_t(product) ^ uint64_t(product >> 64);
}

uint64_t word(const uint8_t* at) { return load_le<uint64_t>(at); }
uint64_t half(const uint8_t* at) { return load_le<uint32_t>(at); }

/// The two words that at most 16 bytes are read as.
std::pair<uint64_t, uint64_t> short_words(Bytes bytes) {
    const size_t size = bytes.size();
    const uint8_t* begin = bytes.data();
    if (size == 0) return {0, 0};
    if (size < 4) return {uint64_t{begin[0]} << 16 | uint64_t{begin[size / 2]} << 8 | begin[size - 1], 0};
    const uint8_t* last = begin + size - 4;
    const size_t step = size / 8 * 4;
    return {half(begin) << 32 | half(begin + step), half(last) << 32 | half(last - step)};
}

}  // namespace

uint64_t value_hash(Bytes bytes) {
    uint64_t seed = kSeed ^ kSecret[0];
    const size_t size = bytes.size();
    std::pair<uint64_t, uint64_t> words;
    if (size <= 16) {
        words = short_words(bytes);
    } else {
        const uint8_t* at = bytes.data();
        const uint8_t* end = at + size;
        if (size > 48) {
            uint64_t second = seed;
            uint64_t third = seed;
            for (; end - at > 48; at += 48) {
                seed = mix(word(at) ^ kSecret[1], word(at + 8) ^ seed);
                second = mix(word(at + 16) ^ kSecret[2], word(at + 24) ^ second);
                third = mix(word(at + 32) ^ kSecret[3], word(at + 40) ^ third);
            }
            seed ^= second ^ third;
        }
        for (; end - at > 16; at += 16) seed = mix(word(at) ^ kSecret[1], word(at + 8) ^ seed);
        words = {word(end - 16), word(end - 8)};
    }
    return mix(kSecret[1] ^ size, mix(words.first ^ kSecret[1], words.second ^ seed));
}

}  // namespace cairn::sindex
