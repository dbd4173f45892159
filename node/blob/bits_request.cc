#include "node/blob/bits_request.h"

#include "node/blob/arguments.h"

namespace cairn::blob {
namespace {

constexpr int64_t kIntegerBitsMax = 64;

uint64_t allowed_flags(BitsCode code) {
    using namespace bits_flag;
    switch (code) {
        case BitsCode::resize:
        case BitsCode::insert: return create_only | update_only | no_fail;
        case BitsCode::add:
        case BitsCode::subtract:
        case BitsCode::set_integer: return update_only | no_fail;
        default: return update_only | no_fail | partial;
    }
}

bool excludes(uint64_t flags, uint64_t one, uint64_t other) { return (flags & one) == 0 || (flags & other) == 0; }

/// An optional argument of flags, all of them in `allowed`.
bool parse_flags(Arguments& arguments, uint64_t allowed, uint64_t& flags) {
    if (arguments.left() == 0) return true;
    int64_t value = 0;
    if (!arguments.integer(value)) return false;
    flags = uint64_t(value);
    return (flags & ~allowed) == 0;
}

bool is_integer(BitsCode code) {
    return code == BitsCode::add || code == BitsCode::subtract || code == BitsCode::set_integer ||
           code == BitsCode::get_integer;
}

bool parse_run(Arguments& arguments, BitsRequest& request) {
    return arguments.integer(request.offset) && arguments.integer(request.size) && request.size > 0 &&
           (!is_integer(request.code) || request.size <= kIntegerBitsMax);
}

/// The arguments before the flags.
bool parse_operands(Arguments& arguments, BitsRequest& request) {
    switch (request.code) {
        case BitsCode::resize: return arguments.integer(request.size) && request.size >= 0 && request.size <= kBlobMax;
        case BitsCode::insert: return arguments.integer(request.offset) && arguments.content(request.value);
        case BitsCode::set:
        case BitsCode::or_bits:
        case BitsCode::xor_bits:
        case BitsCode::and_bits:
            return parse_run(arguments, request) && arguments.content(request.value) &&
                   request.value.size() >= (uint64_t(request.size) + 7) / 8;
        case BitsCode::shift_left:
        case BitsCode::shift_right:
            return parse_run(arguments, request) && arguments.integer(request.number) && request.number >= 0;
        case BitsCode::add:
        case BitsCode::subtract:
        case BitsCode::set_integer: return parse_run(arguments, request) && arguments.integer(request.number);
        default: return parse_run(arguments, request);
    }
}

bool parse_mode(Arguments& arguments, BitsRequest& request) {
    switch (request.code) {
        case BitsCode::resize: {
            using namespace resize_flag;
            return parse_flags(arguments, from_front | grow_only | shrink_only, request.mode) &&
                   excludes(request.mode, grow_only, shrink_only);
        }
        case BitsCode::add:
        case BitsCode::subtract: {
            using namespace integer_flag;
            return parse_flags(arguments, is_signed | saturate | wrap, request.mode) &&
                   excludes(request.mode, saturate, wrap);
        }
        default: return true;
    }
}

}  // namespace

bool BitsRequest::parse_read(Bytes operation) {
    Arguments arguments(operation);
    int64_t number_of_code = 0;
    if (!arguments.open(number_of_code)) return false;
    if (number_of_code < int64_t(BitsCode::get) || number_of_code > int64_t(BitsCode::get_integer)) return false;
    code = BitsCode(number_of_code);
    if (!parse_run(arguments, *this)) return false;
    const bool scans = code == BitsCode::scan_left || code == BitsCode::scan_right;
    if (scans && !arguments.boolean(sought)) return false;
    if (code == BitsCode::get_integer && !parse_flags(arguments, integer_flag::is_signed, mode)) return false;
    return arguments.left() == 0;
}

bool BitsRequest::parse_modify(Bytes operation) {
    Arguments arguments(operation);
    int64_t number_of_code = 0;
    if (!arguments.open(number_of_code)) return false;
    if (number_of_code < 0 || number_of_code > int64_t(BitsCode::set_integer)) return false;
    code = BitsCode(number_of_code);
    return parse_operands(arguments, *this) && parse_flags(arguments, allowed_flags(code), flags) &&
           excludes(flags, bits_flag::create_only, bits_flag::update_only) && parse_mode(arguments, *this) &&
           arguments.left() == 0;
}

}  // namespace cairn::blob
