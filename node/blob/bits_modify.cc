#include <algorithm>
#include <cstring>
#include <expected>
#include <optional>

#include "node/blob/bit_field.h"
#include "node/blob/bits.h"
#include "node/blob/bits_request.h"
#include "node/record/layout.h"

namespace cairn::blob {
namespace {

/// Nothing: the blob stays as it is.
using Outcome = std::expected<std::optional<Bytes>, ResultCode>;

constexpr auto kNoChange = std::nullopt;
/// Records end far below kBlobMax: what is larger is not worth the memory.
constexpr uint64_t kRecordMax = uint64_t{record::kUnitsMax} * record::kUnit;

/// A failure that the operation may ask to be passed over.
Outcome refuse(const BitsRequest& request, ResultCode code) {
    if (request.has(bits_flag::no_fail)) return kNoChange;
    return std::unexpected(code);
}

/// A new blob: `head`, zeros, `middle`, `tail`.
Bytes join(Bytes head, uint64_t zeros, Bytes middle, Bytes tail, record::Memory& memory) {
    const uint64_t size = head.size() + zeros + middle.size() + tail.size();
    uint8_t* const bytes = memory.allocate(size);
    uint8_t* at = std::ranges::copy(head, bytes).out;
    at = std::fill_n(at, zeros, uint8_t{0});
    at = std::ranges::copy(middle, at).out;
    std::ranges::copy(tail, at);
    return {bytes, size};
}

Outcome resize(Bytes blob, const BitsRequest& request, record::Memory& memory) {
    const auto size = uint64_t(request.size);
    const bool front = request.is(resize_flag::from_front);
    if (size < blob.size()) {
        if (request.is(resize_flag::grow_only)) return refuse(request, ResultCode::parameter);
        return front ? blob.last(size) : blob.first(size);
    }
    if (size == blob.size()) return kNoChange;
    if (request.is(resize_flag::shrink_only)) return refuse(request, ResultCode::parameter);
    if (size > kRecordMax) return std::unexpected(ResultCode::record_too_big);
    const uint64_t zeros = size - blob.size();
    return front ? join({}, zeros, blob, {}, memory) : join(blob, zeros, {}, {}, memory);
}

/// Where a byte offset lies; nothing: before the first byte.
std::optional<uint64_t> place(int64_t offset, uint64_t size) {
    if (offset >= 0) return uint64_t(offset);
    const uint64_t back = uint64_t{0} - uint64_t(offset);
    if (back > size) return std::nullopt;
    return size - back;
}

Outcome insert(Bytes blob, const BitsRequest& request, record::Memory& memory) {
    const auto at = place(request.offset, blob.size());
    if (!at) return std::unexpected(ResultCode::parameter);
    if (*at > uint64_t{kBlobMax} || std::max<uint64_t>(*at, blob.size()) + request.value.size() > kBlobMax) {
        return refuse(request, ResultCode::parameter);
    }
    if (std::max<uint64_t>(*at, blob.size()) + request.value.size() > kRecordMax) {
        return std::unexpected(ResultCode::record_too_big);
    }
    if (*at >= blob.size()) return join(blob, *at - blob.size(), request.value, {}, memory);
    return join(blob.first(*at), 0, request.value, blob.subspan(*at), memory);
}

Outcome remove(Bytes blob, const BitsRequest& request, record::Memory& memory) {
    const auto at = place(request.offset, blob.size());
    if (!at) return std::unexpected(ResultCode::parameter);
    if (*at >= blob.size()) return refuse(request, ResultCode::parameter);
    const uint64_t behind = blob.size() - *at;
    if (uint64_t(request.size) >= behind) {
        const bool whole = uint64_t(request.size) == behind || request.has(bits_flag::partial);
        if (!whole) return refuse(request, ResultCode::parameter);
        return blob.first(*at);
    }
    return join(blob.first(*at), 0, blob.subspan(*at + uint64_t(request.size)), {}, memory);
}

/// Sets, or combines with, the bits of the operand.
void combine(MutableBytes blob, BitRun run, BitsCode code, Bytes value) {
    rewrite(blob, run, [&](uint64_t old, uint64_t at, uint32_t width) {
        const uint64_t bits = load_bits(value, at, width);
        switch (code) {
            case BitsCode::or_bits: return old | bits;
            case BitsCode::xor_bits: return old ^ bits;
            case BitsCode::and_bits: return old & bits;
            default: return bits;
        }
    });
}

void clear(MutableBytes blob, BitRun run) {
    rewrite(blob, run, [](uint64_t, uint64_t, uint32_t) { return uint64_t{0}; });
}

void copy(MutableBytes to, BitRun run, Bytes from, uint64_t first) {
    rewrite(to, run, [&](uint64_t, uint64_t at, uint32_t width) { return load_bits(from, first + at, width); });
}

/// @param old  what `blob` is a copy of.
void shift(MutableBytes blob, Bytes old, BitRun run, bool left, uint64_t distance) {
    if (distance >= run.size) return clear(blob, run);
    const uint64_t kept = run.size - distance;
    if (left) {
        copy(blob, {run.first, kept}, old, run.first + distance);
        clear(blob, {run.first + kept, distance});
    } else {
        copy(blob, {run.first + distance, kept}, old, run.first);
        clear(blob, {run.first, distance});
    }
}

/// Adds or subtracts numbers of `width` bits. Worked at the top of 64 bits, where the machine's overflow is theirs.
/// @return  nothing on an overflow that is neither to saturate nor to wrap.
std::optional<uint64_t> calculate(const BitsRequest& request, uint64_t old, uint32_t width) {
    const uint32_t unused = 64 - width;
    const uint64_t a = old << unused;
    uint64_t b = uint64_t(request.number) << unused;
    uint64_t sum = 0;
    bool overflow = false;
    uint64_t bound = 0;
    if (request.is(integer_flag::is_signed)) {
        // The least number is its own negative, and numbers of one bit never overflow: the protocol has it so.
        if (request.code == BitsCode::subtract) b = uint64_t{0} - b;
        int64_t signed_sum = 0;
        overflow = __builtin_add_overflow(int64_t(a), int64_t(b), &signed_sum) && width != 1;
        sum = uint64_t(signed_sum);
        bound = int64_t(a) < 0 ? uint64_t{1} << 63 : ~(uint64_t{1} << 63);
    } else if (request.code == BitsCode::subtract) {
        overflow = __builtin_sub_overflow(a, b, &sum);
    } else {
        overflow = __builtin_add_overflow(a, b, &sum);
        bound = ~uint64_t{0};
    }
    if (!overflow || request.is(integer_flag::wrap)) return sum >> unused;
    if (request.is(integer_flag::saturate)) return bound >> unused;
    return std::nullopt;
}

bool is_integer(BitsCode code) {
    return code == BitsCode::add || code == BitsCode::subtract || code == BitsCode::set_integer;
}

/// Operations that change bits in their places.
Outcome change(Bytes blob, const BitsRequest& request, record::Memory& memory) {
    const uint64_t bits = blob.size() * 8;
    const auto first = place(request.offset, bits);
    if (!first) return std::unexpected(ResultCode::parameter);
    if (*first >= bits) return refuse(request, ResultCode::op_not_applicable);
    BitRun run{*first, uint64_t(request.size)};
    if (run.size > bits - run.first) {
        if (!request.has(bits_flag::partial)) return refuse(request, ResultCode::op_not_applicable);
        run.size = bits - run.first;
    }
    uint64_t number = uint64_t(request.number);
    if (request.code == BitsCode::add || request.code == BitsCode::subtract) {
        const auto width = uint32_t(run.size);
        const auto sum = calculate(request, load_bits(blob, run.first, width), width);
        if (!sum) return refuse(request, ResultCode::op_not_applicable);
        number = *sum;
    }
    const MutableBytes out(memory.allocate(blob.size()), blob.size());
    std::memcpy(out.data(), blob.data(), blob.size());
    if (is_integer(request.code)) {
        store_bits(out, run.first, uint32_t(run.size), number);
    } else if (request.code == BitsCode::shift_left || request.code == BitsCode::shift_right) {
        shift(out, blob, run, request.code == BitsCode::shift_left, number);
    } else if (request.code == BitsCode::not_bits) {
        rewrite(out, run, [](uint64_t old, uint64_t, uint32_t) { return ~old; });
    } else {
        combine(out, run, request.code, request.value);
    }
    return out;
}

Outcome apply(Bytes blob, const BitsRequest& request, record::Memory& memory) {
    switch (request.code) {
        case BitsCode::resize: return resize(blob, request, memory);
        case BitsCode::insert: return insert(blob, request, memory);
        case BitsCode::remove: return remove(blob, request, memory);
        default: return change(blob, request, memory);
    }
}

}  // namespace

ResultCode bits_modify(const ParticleValue& bin, Bytes operation, record::Memory& memory, ParticleValue& changed,
                       ParticleValue& result) {
    changed = bin;
    result = {};
    BitsRequest request;
    if (!request.parse_modify(operation)) return ResultCode::parameter;
    if (!bin.absent() && bin.type != wire::Particle::blob) return ResultCode::incompatible_type;

    const bool creates = request.code == BitsCode::resize || request.code == BitsCode::insert;
    Outcome outcome = kNoChange;
    if (bin.absent() && (request.has(bits_flag::update_only) || !creates)) {
        outcome = refuse(request, ResultCode::bin_not_found);
    } else if (!bin.absent() && request.has(bits_flag::create_only)) {
        outcome = refuse(request, ResultCode::bin_exists);
    } else {
        outcome = apply(bin.bytes, request, memory);
    }
    if (!outcome) return outcome.error();
    if (*outcome) changed = {wire::Particle::blob, **outcome};
    return ResultCode::ok;
}

}  // namespace cairn::blob
