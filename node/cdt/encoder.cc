#include "node/cdt/encoder.h"

#include <bit>

namespace cairn::cdt {

void Encoder::header(uint32_t count, uint8_t fix, uint8_t two) {
    if (count < 16) *at_++ = uint8_t(fix | count);
    else if (count <= 0xFFFF) sized(two, uint16_t(count));
    else sized(uint8_t(two + 1), count);
}

void Encoder::opening(bool map, uint8_t flags, uint32_t count) {
    if (flags != 0) ++count;
    if (map) map_header(count);
    else list_header(count);
    if (flags == 0) return;
    *at_++ = 0xC7;
    *at_++ = 0;
    *at_++ = flags;
    if (map) nil();
}

void Encoder::integer(int64_t value) {
    if (value >= 0) {
        if (value < 0x80) *at_++ = uint8_t(value);
        else if (value <= 0xFF) sized(0xCC, uint8_t(value));
        else if (value <= 0xFFFF) sized(0xCD, uint16_t(value));
        else if (value <= 0xFFFF'FFFF) sized(0xCE, uint32_t(value));
        else sized(0xCF, uint64_t(value));
        return;
    }
    if (value >= -32) *at_++ = uint8_t(value);
    else if (value >= INT8_MIN) sized(0xD0, uint8_t(value));
    else if (value >= INT16_MIN) sized(0xD1, uint16_t(value));
    else if (value >= INT32_MIN) sized(0xD2, uint32_t(value));
    else sized(0xD3, uint64_t(value));
}

void Encoder::floating(double value) { sized(0xCB, std::bit_cast<uint64_t>(value)); }

}  // namespace cairn::cdt
