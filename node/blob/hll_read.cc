#include <array>

#include "node/blob/elements.h"
#include "node/blob/estimate.h"
#include "node/blob/hll.h"
#include "node/blob/hll_request.h"
#include "node/blob/results.h"

namespace cairn::blob {
namespace {

using wire::Particle;

/// Counts alone tell the intersection of three sketches at most.
constexpr size_t kCountedMax = 3;

/// Whether the intersection can be told; `sketches` begins with the bin's own.
ResultCode check_comparable(std::span<const Sketch> sketches) {
    if (sketches.size() <= kCountedMax || has_minhash(sketches)) return ResultCode::ok;
    return has_minhash(sketches.subspan(1)) ? ResultCode::op_not_applicable : ResultCode::parameter;
}

ResultCode combine(HllCode code, const Sketch& own, Arguments& arguments, record::Memory& memory,
                   ParticleValue& result) {
    std::vector sketches{own};
    if (!parse_sketches(arguments, sketches)) return ResultCode::parameter;
    if (code == HllCode::get_union) {
        result = {Particle::hll, merge(sketches, common_precision(sketches), memory)};
        return ResultCode::ok;
    }
    if (code == HllCode::union_count) {
        result = integer_result(int64_t(estimate_union(sketches, memory)), memory);
        return ResultCode::ok;
    }
    if (const ResultCode comparable = check_comparable(sketches); comparable != ResultCode::ok) return comparable;
    result = code == HllCode::similarity ? floating_result(estimate_similarity(sketches, memory), memory)
                                         : integer_result(int64_t(estimate_intersection(sketches, memory)), memory);
    return ResultCode::ok;
}

ResultCode may_contain(const Sketch& sketch, Arguments& arguments, record::Memory& memory, ParticleValue& result) {
    Bytes list;
    Elements elements;
    if (!arguments.any(list) || !elements.parse(list)) return ResultCode::parameter;
    bool all = true;
    elements.for_each([&](Bytes element) {
        const Place place = place_of(element, sketch.precision());
        all &= sketch.at(place.index) >= place.value;
    });
    result = integer_result(all, memory);
    return ResultCode::ok;
}

/// [index bits, minhash bits]
ParticleValue describe(const Sketch& sketch, record::Memory& memory) {
    const std::array<uint8_t, 3> list{0x92, uint8_t(sketch.precision().index_bits),
                                      uint8_t(sketch.precision().minhash_bits)};
    return {Particle::list, memory.keep(list)};
}

}  // namespace

ResultCode hll_read(const ParticleValue& bin, Bytes operation, record::Memory& memory, ParticleValue& result) {
    result = {};
    if (bin.absent()) return ResultCode::ok;
    Arguments arguments(operation);
    int64_t number = 0;
    if (!arguments.open(number)) return ResultCode::parameter;
    if (number < int64_t(HllCode::count) || number > int64_t(HllCode::may_contain)) return ResultCode::parameter;
    const auto code = HllCode(number);
    if (bin.type != Particle::hll) return ResultCode::incompatible_type;
    const auto sketch = Sketch::view(bin.bytes);
    if (!sketch) return ResultCode::server_error;

    const bool bare = code == HllCode::count || code == HllCode::describe;
    if (arguments.left() != (bare ? 0 : 1)) return ResultCode::parameter;
    switch (code) {
        case HllCode::count: {
            const uint64_t cached = sketch->cached_count();
            result = integer_result(int64_t(cached != 0 ? cached : estimate_count(*sketch)), memory);
            return ResultCode::ok;
        }
        case HllCode::describe: result = describe(*sketch, memory); return ResultCode::ok;
        case HllCode::may_contain: return may_contain(*sketch, arguments, memory, result);
        default: return combine(code, *sketch, arguments, memory, result);
    }
}

}  // namespace cairn::blob
