#include <optional>

#include "node/blob/elements.h"
#include "node/blob/estimate.h"
#include "node/blob/hll.h"
#include "node/blob/hll_request.h"
#include "node/blob/results.h"

namespace cairn::blob {
namespace {

using wire::Particle;

constexpr int64_t kUnspecified = -1;

/// One operation under way. The functions leave `changed` and `result` alone where nothing changes.
struct Work {
    std::optional<Sketch> old;  // nothing: no bin
    Arguments& arguments;
    record::Memory& memory;
    ParticleValue& changed;
    ParticleValue& result;

    void become(Bytes sketch) { changed = {Particle::hll, sketch}; }
};

ResultCode refuse(uint64_t flags, ResultCode code) { return (flags & hll_flag::no_fail) != 0 ? ResultCode::ok : code; }

bool parse_flags(Arguments& arguments, uint64_t allowed, uint64_t& flags) {
    if (arguments.left() == 0) return true;
    int64_t value = 0;
    if (!arguments.integer(value)) return false;
    flags = uint64_t(value);
    constexpr uint64_t kContrary = hll_flag::create_only | hll_flag::update_only;
    return (flags & ~allowed) == 0 && (flags & kContrary) != kContrary;
}

/// Index and minhash bits, each optional and each possibly kUnspecified.
bool parse_bits(Arguments& arguments, int64_t& index_bits, int64_t& minhash_bits) {
    index_bits = minhash_bits = kUnspecified;
    if (arguments.left() != 0 && !arguments.integer(index_bits)) return false;
    if (arguments.left() != 0 && !arguments.integer(minhash_bits)) return false;
    if (index_bits != kUnspecified && !record::valid_index_bits(index_bits)) return false;
    if (minhash_bits != kUnspecified && !record::valid_minhash_bits(minhash_bits)) return false;
    return index_bits + minhash_bits <= record::kHashBitsMax;
}

Precision precision_of(int64_t index_bits, int64_t minhash_bits) {
    return {uint32_t(index_bits), minhash_bits == kUnspecified ? 0 : uint32_t(minhash_bits)};
}

ResultCode init(Work& work) {
    int64_t index_bits = 0;
    int64_t minhash_bits = 0;
    uint64_t flags = 0;
    using namespace hll_flag;
    if (!parse_bits(work.arguments, index_bits, minhash_bits) ||
        !parse_flags(work.arguments, create_only | update_only | no_fail, flags)) {
        return ResultCode::parameter;
    }
    if (work.old) {
        if ((flags & create_only) != 0) return refuse(flags, ResultCode::bin_exists);
        const Precision old = work.old->precision();
        if (index_bits == kUnspecified) index_bits = old.index_bits;
        if (minhash_bits == kUnspecified) minhash_bits = old.minhash_bits;
        if (index_bits + minhash_bits > record::kHashBitsMax) return ResultCode::op_not_applicable;
    } else {
        if ((flags & update_only) != 0) return refuse(flags, ResultCode::bin_not_found);
        if (index_bits == kUnspecified) return ResultCode::op_not_applicable;
    }
    work.become(NewSketch(precision_of(index_bits, minhash_bits), work.memory).bytes());
    return ResultCode::ok;
}

ResultCode add(Work& work) {
    Bytes list;
    Elements elements;
    int64_t index_bits = 0;
    int64_t minhash_bits = 0;
    uint64_t flags = 0;
    using namespace hll_flag;
    if (!work.arguments.any(list) || !elements.parse(list) || !parse_bits(work.arguments, index_bits, minhash_bits) ||
        !parse_flags(work.arguments, create_only | no_fail, flags)) {
        return ResultCode::parameter;
    }
    if (work.old && (flags & create_only) != 0) return refuse(flags, ResultCode::bin_exists);
    if (!work.old && index_bits == kUnspecified) return ResultCode::op_not_applicable;

    const Precision precision = work.old ? work.old->precision() : precision_of(index_bits, minhash_bits);
    NewSketch sketch = work.old ? NewSketch(*work.old, work.memory) : NewSketch(precision, work.memory);
    int64_t raised = 0;
    elements.for_each([&](Bytes element) { raised += sketch.raise(place_of(element, precision)); });
    if (raised != 0) sketch.set_cached_count(0);
    if (raised != 0 || !work.old) work.become(sketch.bytes());
    work.result = integer_result(raised, work.memory);
    return ResultCode::ok;
}

ResultCode set_union(Work& work) {
    std::vector<Sketch> sketches;
    uint64_t flags = 0;
    using namespace hll_flag;
    if (work.old) sketches.push_back(*work.old);
    if (!parse_sketches(work.arguments, sketches) ||
        !parse_flags(work.arguments, create_only | update_only | no_fail | allow_fold, flags)) {
        return ResultCode::parameter;
    }
    if (work.old && (flags & create_only) != 0) return refuse(flags, ResultCode::bin_exists);
    if (!work.old && (flags & update_only) != 0) return refuse(flags, ResultCode::bin_not_found);
    const Precision precision = common_precision(sketches);
    const bool coarser = work.old && precision != work.old->precision();
    if (coarser && (flags & allow_fold) == 0) return ResultCode::op_not_applicable;
    work.become(merge(sketches, precision, work.memory));
    return ResultCode::ok;
}

ResultCode refresh_count(Work& work) {
    if (!work.old) return ResultCode::bin_not_found;
    uint64_t count = work.old->cached_count();
    if (count == 0) {
        count = estimate_count(*work.old);
        NewSketch sketch(*work.old, work.memory);
        sketch.set_cached_count(count);
        work.become(sketch.bytes());
    }
    work.result = integer_result(int64_t(count), work.memory);
    return ResultCode::ok;
}

ResultCode fold(Work& work) {
    int64_t index_bits = 0;
    if (!work.arguments.integer(index_bits)) return ResultCode::parameter;
    if (index_bits != kUnspecified && !record::valid_index_bits(index_bits)) return ResultCode::parameter;
    if (!work.old) return ResultCode::bin_not_found;
    const Precision old = work.old->precision();
    if (index_bits == kUnspecified || index_bits > old.index_bits || old.minhash_bits != 0) {
        return ResultCode::op_not_applicable;
    }
    if (index_bits == old.index_bits) return ResultCode::ok;
    work.become(merge({&*work.old, 1}, {uint32_t(index_bits), 0}, work.memory));
    return ResultCode::ok;
}

struct Limits {
    uint32_t min;
    uint32_t max;
};

Limits argument_limits(HllCode code) {
    switch (code) {
        case HllCode::init: return {0, 3};
        case HllCode::add: return {1, 4};
        case HllCode::set_union: return {1, 2};
        case HllCode::fold: return {1, 1};
        default: return {0, 0};
    }
}

}  // namespace

ResultCode hll_modify(const ParticleValue& bin, Bytes operation, record::Memory& memory, ParticleValue& changed,
                      ParticleValue& result) {
    changed = bin;
    result = {};
    Arguments arguments(operation);
    int64_t number = 0;
    if (!arguments.open(number) || number < 0 || number > int64_t(HllCode::fold)) return ResultCode::parameter;
    const auto code = HllCode(number);
    Work work{std::nullopt, arguments, memory, changed, result};
    if (!bin.absent()) {
        if (bin.type != Particle::hll) return ResultCode::incompatible_type;
        work.old = Sketch::view(bin.bytes);
        if (!work.old) return ResultCode::server_error;
    }
    const Limits limits = argument_limits(code);
    if (arguments.left() < limits.min || arguments.left() > limits.max) return ResultCode::parameter;
    switch (code) {
        case HllCode::init: return init(work);
        case HllCode::add: return add(work);
        case HllCode::set_union: return set_union(work);
        case HllCode::refresh_count: return refresh_count(work);
        default: return fold(work);
    }
}

}  // namespace cairn::blob
