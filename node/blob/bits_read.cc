#include <bit>

#include "node/blob/bit_field.h"
#include "node/blob/bits.h"
#include "node/blob/bits_request.h"
#include "node/blob/results.h"

namespace cairn::blob {
namespace {

int64_t count_ones(Bytes blob, BitRun run) {
    int64_t ones = 0;
    for_each_piece(run, [&](uint64_t at, uint32_t width) {
        ones += std::popcount(load_bits(blob, run.first + at, width));
        return true;
    });
    return ones;
}

/// @return  where the first bit `sought` is, from the start of the run; -1: nowhere.
int64_t scan_left(Bytes blob, BitRun run, bool sought) {
    int64_t found = -1;
    for_each_piece(run, [&](uint64_t at, uint32_t width) {
        uint64_t piece = load_bits(blob, run.first + at, width);
        if (!sought) piece ^= low_bits(width);
        if (piece == 0) return true;
        found = int64_t(at) + int64_t(width) - std::bit_width(piece);
        return false;
    });
    return found;
}

/// The same for the last one.
int64_t scan_right(Bytes blob, BitRun run, bool sought) {
    for (uint64_t left = run.size; left != 0;) {
        const auto width = uint32_t(std::min<uint64_t>(64, left));
        left -= width;
        uint64_t piece = load_bits(blob, run.first + left, width);
        if (!sought) piece ^= low_bits(width);
        if (piece != 0) return int64_t(left) + int64_t(width) - 1 - std::countr_zero(piece);
    }
    return -1;
}

int64_t get_integer(Bytes blob, BitRun run, bool is_signed) {
    const uint64_t value = load_bits(blob, run.first, uint32_t(run.size));
    const uint32_t unused = 64 - uint32_t(run.size);
    return is_signed ? int64_t(value << unused) >> unused : int64_t(value);
}

Bytes get(Bytes blob, BitRun run, record::Memory& memory) {
    const MutableBytes out(memory.allocate((run.size + 7) / 8), (run.size + 7) / 8);
    out.back() = 0;
    rewrite(out, {0, run.size},
            [&](uint64_t, uint64_t at, uint32_t width) { return load_bits(blob, run.first + at, width); });
    return out;
}

}  // namespace

ResultCode bits_read(const ParticleValue& bin, Bytes operation, record::Memory& memory, ParticleValue& result) {
    result = {};
    if (bin.absent()) return ResultCode::ok;
    BitsRequest request;
    if (!request.parse_read(operation)) return ResultCode::parameter;
    if (bin.type != wire::Particle::blob) return ResultCode::incompatible_type;

    const uint64_t bits = bin.bytes.size() * 8;
    const uint64_t back = uint64_t{0} - uint64_t(request.offset);  // how far from the end
    if (request.offset < 0 && back > bits) return ResultCode::parameter;
    const BitRun run{request.offset < 0 ? bits - back : uint64_t(request.offset), uint64_t(request.size)};
    if (run.first > bits || run.size > bits - run.first) return ResultCode::op_not_applicable;
    switch (request.code) {
        case BitsCode::get: result = {wire::Particle::blob, get(bin.bytes, run, memory)}; break;
        case BitsCode::count: result = integer_result(count_ones(bin.bytes, run), memory); break;
        case BitsCode::scan_left: result = integer_result(scan_left(bin.bytes, run, request.sought), memory); break;
        case BitsCode::scan_right: result = integer_result(scan_right(bin.bytes, run, request.sought), memory); break;
        default:
            result = integer_result(get_integer(bin.bytes, run, request.is(integer_flag::is_signed)), memory);
            break;
    }
    return ResultCode::ok;
}

}  // namespace cairn::blob
