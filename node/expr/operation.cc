#include "node/expr/operation.h"

#include "node/record/geojson.h"
#include "node/record/msgpack.h"

namespace cairn::expr {
namespace {

namespace msgpack = record::msgpack;
using record::ParticleValue;
using wire::Particle;

/// Flags that are missing or no number are none, and what follows them is not looked at.
ResultCode compile_payload(Bytes payload, uint8_t flags_known, Program& program, uint8_t& flags) {
    msgpack::Reader reader(payload);
    msgpack::Element list;
    if (!reader.next(list) || list.type != msgpack::Type::list || list.count == 0 || list.count > 2) {
        return ResultCode::parameter;
    }
    Bytes rest = payload.subspan(reader.position());
    if (const ResultCode code = compile_front(rest, program); code != ResultCode::ok) return code;
    msgpack::Element number;
    flags = 0;
    if (list.count == 1 || !msgpack::Reader(rest).next(number) || number.type != msgpack::Type::integer) {
        return ResultCode::ok;
    }
    flags = uint8_t(number.integer);
    return (number.integer & ~int64_t{flags_known}) == 0 ? ResultCode::ok : ResultCode::parameter;
}

/// Whether the value is known to be in the form in which bins store it: it was in one, or an operation put it there.
bool is_stored_form(const Program& program) {
    const Node& root = program.nodes.front();
    return root.code == Code::bin || (root.code == Code::call && root.modifies);
}

/// As bins have it and replies show it.
ParticleValue finished(const Value& value, record::Memory& memory) {
    ParticleValue result = to_particle(value, memory);
    // A place that came as text gets the cells that stored ones have.
    const bool bare = result.type == Particle::geojson && load_be<uint16_t>(result.bytes.data() + 1) == 0;
    if (bare) record::geojson_to_stored(result.bytes, memory, result.bytes);
    return result;
}

ResultCode store(const Value& value, const Program& program, record::Draft& draft, std::string_view bin) {
    ParticleValue stored = finished(value, draft.memory());
    if ((stored.type == Particle::list || stored.type == Particle::map) && !is_stored_form(program)) {
        if (const ResultCode code = normalise(stored, draft.memory()); code != ResultCode::ok) return code;
    }
    draft.set(bin, stored.type, stored.bytes);
    return ResultCode::ok;
}

}  // namespace

ResultCode read(Bytes payload, Program& program, const Subject& subject, record::Memory& memory,
                ParticleValue& result) {
    uint8_t flags = 0;
    if (const ResultCode code = compile_payload(payload, flag::eval_no_fail, program, flags); code != ResultCode::ok) {
        return code;
    }
    const Value value = evaluate(program, subject, memory);
    result = {};
    if (value.unknown()) return (flags & flag::eval_no_fail) != 0 ? ResultCode::ok : ResultCode::op_not_applicable;
    result = finished(value, memory);
    return ResultCode::ok;
}

ResultCode modify(Bytes payload, Program& program, const Subject& subject, std::string_view bin) {
    constexpr uint8_t kKnown =
        flag::create_only | flag::update_only | flag::allow_delete | flag::policy_no_fail | flag::eval_no_fail;
    uint8_t flags = 0;
    if (const ResultCode code = compile_payload(payload, kKnown, program, flags); code != ResultCode::ok) return code;
    record::Draft& draft = *subject.draft;
    const bool exists = draft.find(bin) != nullptr;
    const bool lenient = (flags & flag::policy_no_fail) != 0;
    if (exists && (flags & flag::create_only) != 0) return lenient ? ResultCode::ok : ResultCode::bin_exists;
    if (!exists && (flags & flag::update_only) != 0) return lenient ? ResultCode::ok : ResultCode::bin_not_found;

    const Value value = evaluate(program, subject, draft.memory());
    if (value.unknown()) return (flags & flag::eval_no_fail) != 0 ? ResultCode::ok : ResultCode::op_not_applicable;
    if (value.type != Type::nil) return store(value, program, draft, bin);
    if ((flags & flag::allow_delete) != 0) draft.remove(bin);
    // Any flag makes nil no error, whatever it means: so does the reference.
    return exists && flags == 0 ? ResultCode::op_not_applicable : ResultCode::ok;
}

}  // namespace cairn::expr
