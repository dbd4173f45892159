#include "node/blob/murmur3.h"

#include <bit>

namespace cairn::blob {
namespace {

constexpr uint64_t kFirst = 0x87C3'7B91'1142'53D5, kSecond = 0x4CF5'AD43'2745'937F;

uint64_t scramble_low(uint64_t word) { return std::rotl(word * kFirst, 31) * kSecond; }
uint64_t scramble_high(uint64_t word) { return std::rotl(word * kSecond, 33) * kFirst; }

uint64_t finish(uint64_t word) {
    word = (word ^ word >> 33) * 0xFF51'AFD7'ED55'8CCD;
    word = (word ^ word >> 33) * 0xC4CE'B9FE'1A85'EC53;
    return word ^ word >> 33;
}

/// Up to 8 bytes, the first one lowest.
uint64_t load_tail(Bytes bytes) {
    uint64_t word = 0;
    for (size_t i = 0; i < bytes.size() && i < 8; ++i) word |= uint64_t{bytes[i]} << 8 * i;
    return word;
}

}  // namespace

Hash128 murmur3(Bytes bytes) {
    uint64_t low = 0, high = 0;
    Bytes left = bytes;
    for (; left.size() >= 16; left = left.subspan(16)) {
        low ^= scramble_low(load_le<uint64_t>(left.data()));
        low = (std::rotl(low, 27) + high) * 5 + 0x52DC'E729;
        high ^= scramble_high(load_le<uint64_t>(left.data() + 8));
        high = (std::rotl(high, 31) + low) * 5 + 0x3849'5AB5;
    }
    if (left.size() > 8) high ^= scramble_high(load_tail(left.subspan(8)));
    low ^= scramble_low(load_tail(left));  // of no bytes: 0

    low ^= bytes.size();
    high ^= bytes.size();
    low += high;
    high += low;
    low = finish(low);
    high = finish(high);
    low += high;
    high += low;
    return {low, high};
}

}  // namespace cairn::blob
