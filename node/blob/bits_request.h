#pragma once
#include <cstdint>

#include "common/base/bytes.h"

namespace cairn::blob {

/// Codes of operations on bits: changing ones below 50, reading ones from there on.
enum class BitsCode : uint8_t {
    resize = 0,
    insert = 1,
    remove = 2,
    set = 3,
    or_bits = 4,
    xor_bits = 5,
    and_bits = 6,
    not_bits = 7,
    shift_left = 8,
    shift_right = 9,
    add = 10,
    subtract = 11,
    set_integer = 12,
    get = 50,
    count = 51,
    scan_left = 52,
    scan_right = 53,
    get_integer = 54,
};

namespace bits_flag {
constexpr uint64_t create_only = 1, update_only = 2, no_fail = 4, partial = 8;
}
namespace resize_flag {
constexpr uint64_t from_front = 1, grow_only = 2, shrink_only = 4;
}
namespace integer_flag {
constexpr uint64_t is_signed = 1, saturate = 2, wrap = 4;
}

/// Largest blob an operation may make: 128 MiB, far above what a record can hold.
constexpr int64_t kBlobMax = 128 << 20;

/// One operation with its arguments checked as far as that goes without the blob.
struct BitsRequest {
    BitsCode code = BitsCode::get;
    int64_t offset = 0;   // bits; bytes for insert and remove; negative: from the end
    int64_t size = 0;     // bits; bytes for resize and remove
    Bytes value;          // insert, set, or_bits, xor_bits, and_bits
    int64_t number = 0;   // add, subtract, set_integer: the operand; shifts: by how many bits
    bool sought = false;  // scans: the bit looked for
    uint64_t flags = 0;   // bits_flag
    uint64_t mode = 0;    // resize_flag, integer_flag

    bool has(uint64_t flag) const { return (flags & flag) != 0; }
    bool is(uint64_t flag) const { return (mode & flag) != 0; }

    /// @return  false when it is malformed or no operation of that kind; `*this` is unspecified then.
    bool parse_read(Bytes operation);
    bool parse_modify(Bytes operation);
};

}  // namespace cairn::blob
