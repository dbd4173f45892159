#include "node/cdt/cdt.h"

#include "node/cdt/path.h"
#include "node/cdt/pick.h"
#include "node/cdt/write.h"

namespace cairn::cdt {
namespace {

namespace msgpack = record::msgpack;
using msgpack::Element;
using msgpack::Reader;
using msgpack::Type;
using wire::Particle;

bool is_collection(const ParticleValue& bin) { return bin.type == Particle::list || bin.type == Particle::map; }

/// Whether an encoded value is of the kind an operation is for.
bool is_kind(Bytes value, bool map) {
    Element header;
    CAIRN_CHECK(Reader(value).next(header));
    return header.type == (map ? Type::map : Type::list);
}

bool has_code(const Operation& operation, Code code) { return operation.code == int64_t(code); }

ResultCode pick(const Operation& operation, PickBy by, View& view, Memory& memory, ParticleValue& result,
                Question& question, Selection& selection) {
    if (const ResultCode code = read_question(operation, by, question); code != ResultCode::ok) return code;
    if (const ResultCode code = selection.select(view, by, operation.arguments); code != ResultCode::ok) return code;
    return view.map() ? answer_from_map(view, selection, question, memory, result)
                      : answer_from_list(view, selection, question, memory, result);
}

ResultCode get(const Operation& operation, View& list, Memory& memory, ParticleValue& result) {
    int64_t position = 0;
    if (operation.arguments.count() != 1 || !operation.arguments.integer(0, position)) return ResultCode::parameter;
    const auto index = resolve(position, list.count());
    if (!index) return ResultCode::op_not_applicable;
    result = value_answer(list.value(*index), memory);
    return ResultCode::ok;
}

ResultCode get_range(const Operation& operation, View& list, Memory& memory, ParticleValue& result) {
    int64_t start = 0;
    std::optional<int64_t> length;
    const Arguments& arguments = operation.arguments;
    if (arguments.count() < 1 || arguments.count() > 2 || !arguments.integer(0, start) ||
        !arguments.optional_integer(1, length)) {
        return ResultCode::parameter;
    }
    const Run run = resolve(start, length, list.count());
    result = entries_answer(list, std::span(&run, 1), Want::value, memory);
    return ResultCode::ok;
}

ResultCode run_read(const Operation& operation, View& view, Memory& memory, ParticleValue& result) {
    if (const auto kind = pick_kind(operation.code)) {
        Question question;
        Selection selection;
        return kind->remove ? ResultCode::parameter
                            : pick(operation, kind->by, view, memory, result, question, selection);
    }
    if (has_code(operation, Code::list_size) || has_code(operation, Code::map_size)) {
        result = integer_answer(view.count(), memory);
        return ResultCode::ok;
    }
    if (has_code(operation, Code::list_get)) return get(operation, view, memory, result);
    if (has_code(operation, Code::list_get_range)) return get_range(operation, view, memory, result);
    return ResultCode::parameter;
}

ResultCode remove(const Operation& operation, PickBy by, const Target& target) {
    Question question;
    Selection selection;
    const ResultCode code = pick(operation, by, target.view, target.memory, target.outcome.result, question, selection);
    if (code != ResultCode::ok) return code;
    if (selection.positions == Positions::index) {
        const Runs runs = runs_of(selection.run, question.inverted, target.view.count());
        return runs.size == 0 ? ResultCode::ok : target.remove(runs.all());
    }
    const std::vector<uint32_t> chosen = selection.chosen(target.view, question.inverted);
    return chosen.empty() ? ResultCode::ok : target.remove(chosen);
}

ResultCode run_modify(const Operation& operation, const Target& target) {
    if (const auto kind = pick_kind(operation.code)) {
        return kind->remove ? remove(operation, kind->by, target) : ResultCode::parameter;
    }
    if (operation.code < 0 || operation.code > UINT8_MAX) return ResultCode::parameter;
    return operation.for_map() ? modify_map(operation, target) : modify_list(operation, target);
}

/// What an operation does where there is no collection.
enum class Missing { create, leave, refuse };

Missing when_missing(int64_t code) {
    if (code < 0 || code > UINT8_MAX) return Missing::refuse;
    switch (Code(code)) {
        case Code::list_set_type:
        case Code::list_append:
        case Code::list_append_items:
        case Code::list_insert:
        case Code::list_insert_items:
        case Code::list_set:
        case Code::list_increment:
        case Code::map_set_type:
        case Code::map_add:
        case Code::map_add_items:
        case Code::map_put:
        case Code::map_put_items:
        case Code::map_replace:
        case Code::map_replace_items:
        case Code::map_increment:
        case Code::map_decrement: return Missing::create;
        case Code::list_pop:
        case Code::list_pop_range:
        case Code::list_remove:
        case Code::list_remove_range:
        case Code::list_trim:
        case Code::list_clear:
        case Code::list_sort:
        case Code::map_clear: return Missing::leave;
        default: break;
    }
    const auto kind = pick_kind(code);
    return kind && kind->remove ? Missing::leave : Missing::refuse;
}

bool stores_values(int64_t code) {
    return when_missing(code) == Missing::create && code != int64_t(Code::list_set_type) &&
           code != int64_t(Code::list_increment) && code != int64_t(Code::map_set_type);
}

/// The flags of a collection that an operation creates.
uint8_t created_flags(const Operation& operation) {
    const auto asked = [&](size_t index, uint8_t known) {
        int64_t flags = 0;
        if (!operation.arguments.integer(index, flags)) return uint8_t{0};
        flags &= ~int64_t(msgpack::flag::persist_index);
        return (flags & ~int64_t(known)) == 0 ? uint8_t(flags) : uint8_t{0};
    };
    constexpr uint8_t kList = msgpack::flag::ordered;
    constexpr uint8_t kMap = msgpack::flag::ordered | msgpack::flag::value_ordered;
    switch (Code(operation.code)) {
        case Code::list_append:
        case Code::list_append_items: return asked(1, kList);
        case Code::list_increment: return asked(2, kList);
        case Code::map_add:
        case Code::map_put:
        case Code::map_increment:
        case Code::map_decrement: return asked(2, kMap);
        case Code::map_add_items:
        case Code::map_put_items: return asked(1, kMap);
        default: return 0;
    }
}

/// Runs an operation on a collection that it creates.
ResultCode run_create(const Operation& operation, uint32_t depth, Memory& memory, Outcome& outcome) {
    // Not even its argument is looked at.
    if (has_code(operation, Code::map_replace_items)) return ResultCode::element_not_found;
    View view(operation.for_map(), created_flags(operation));
    const Target target = {view, depth, memory, outcome};
    const ResultCode code = run_modify(operation, target);
    if (code != ResultCode::ok || outcome.changed) return code;
    return target.replace(view.flags(), 0, {});
}

}  // namespace

ResultCode read(const ParticleValue& bin, Bytes payload, Memory& memory, ParticleValue& result) {
    result = {};
    if (bin.absent()) return ResultCode::ok;
    Operation operation;
    if (const ResultCode code = operation.parse(payload); code != ResultCode::ok) return code;
    const Particle kind = operation.for_map() ? Particle::map : Particle::list;
    Path path;
    if (operation.context.empty()) {
        if (bin.type != kind) return ResultCode::incompatible_type;
    } else if (!is_collection(bin)) {
        return ResultCode::parameter;
    }
    const ResultCode found = path.walk(bin.bytes, operation.context, false, memory);
    if (found != ResultCode::ok) return found;
    if (!is_kind(path.target(), operation.for_map())) return ResultCode::incompatible_type;
    View view(path.target());
    const ResultCode code = run_read(operation, view, memory, result);
    memory.charge(view.walked());
    return code;
}

ResultCode modify(const ParticleValue& bin, Bytes payload, Memory& memory, ParticleValue& changed,
                  ParticleValue& result) {
    result = {};
    changed = bin;
    Operation operation;
    if (const ResultCode code = operation.parse(payload); code != ResultCode::ok) return code;
    const bool in_context = !operation.context.empty();
    const Particle kind = operation.for_map() ? Particle::map : Particle::list;
    if (!bin.absent()) {
        if (in_context && !is_collection(bin)) return ResultCode::parameter;
        if (!in_context && bin.type != kind) return ResultCode::incompatible_type;
    }
    Path path;
    if (const ResultCode code = path.walk(bin.bytes, operation.context, true, memory); code != ResultCode::ok)
        return code;

    Outcome outcome;
    if (path.missing()) {
        const Missing missing = when_missing(operation.code);
        if (missing == Missing::refuse) return ResultCode::parameter;
        if (bin.absent() && has_code(operation, Code::list_sort)) return ResultCode::incompatible_type;
        if (missing == Missing::leave) return ResultCode::ok;
        const ResultCode code = run_create(operation, path.depth(), memory, outcome);
        if (code != ResultCode::ok) return code;
        if (in_context && outcome.declined) outcome.changed = false;
    } else {
        if (!is_kind(path.target(), operation.for_map())) return ResultCode::incompatible_type;
        // The reference looks for them in all that is sent with a value to store.
        if (in_context && stores_values(operation.code) && operation.context.has_comparisons()) {
            return ResultCode::parameter;
        }
        View view(path.target());
        const ResultCode code = run_modify(operation, {view, path.depth(), memory, outcome});
        memory.charge(view.walked());
        if (code != ResultCode::ok) return code;
    }
    result = outcome.result;
    if (!outcome.changed) return ResultCode::ok;
    if (const ResultCode code = path.replace(outcome.value, memory, changed.bytes); code != ResultCode::ok) return code;
    Element header;
    CAIRN_CHECK(Reader(changed.bytes).next(header));
    changed.type = header.type == Type::map ? Particle::map : Particle::list;
    return ResultCode::ok;
}

}  // namespace cairn::cdt
