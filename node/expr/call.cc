// Calls of operations on lists, maps, bits and HyperLogLog sketches.
#include "node/blob/bits.h"
#include "node/blob/hll.h"
#include "node/cdt/cdt.h"
#include "node/expr/evaluation.h"

namespace cairn::expr {
namespace {

using record::ParticleValue;

constexpr size_t kMemoryMax = 256u << 20;  // of one command

ResultCode run(const Node& node, const ParticleValue& subject, Bytes operation, record::Memory& memory,
               ParticleValue& answer) {
    ParticleValue ignored;
    switch (node.system) {
        case System::cdt:
            return node.modifies ? cdt::modify(subject, operation, memory, answer, ignored)
                                 : cdt::read(subject, operation, memory, answer);
        case System::bits:
            if (subject.absent()) return ResultCode::incompatible_type;
            return node.modifies ? blob::bits_modify(subject, operation, memory, answer, ignored)
                                 : blob::bits_read(subject, operation, memory, answer);
        default:
            return node.modifies ? blob::hll_modify(subject, operation, memory, answer, ignored)
                                 : blob::hll_read(subject, operation, memory, answer);
    }
}

}  // namespace

Value Evaluation::call(uint32_t index) {
    const Node& called = nodes_[index];
    std::array<Value, kCallArgumentsMax> values;
    size_t count = 0;
    uint32_t child = index + 1;
    for (; nodes_[child].end != called.end; child = nodes_[child].end) {
        values[count] = at(child);
        if (values[count++].unknown()) return {};
    }
    const Value value = at(child);
    if (value.unknown() || memory_.allocated() > kMemoryMax) return {};

    ParticleValue subject = to_particle(value, memory_);
    if (called.subject_raw && normalise(subject, memory_) != ResultCode::ok) return {};
    const Bytes operation =
        count == 0 ? called.bytes : with_arguments(called.bytes, std::span(values).first(count), memory_);
    ParticleValue answer;
    if (run(called, subject, operation, memory_, answer) != ResultCode::ok) return {};
    const Value result = from_particle(answer);
    return result.type == called.type && answer.bytes.size() <= kValueMax ? result : Value{};
}

}  // namespace cairn::expr
