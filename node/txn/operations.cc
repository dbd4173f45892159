#include "node/txn/operations.h"

#include <bit>
#include <cmath>

#include "node/expr/operation.h"
#include "node/expr/path.h"
#include "node/record/bins.h"
#include "node/record/value.h"
#include "node/txn/checks.h"
#include "node/txn/value_operations.h"

namespace cairn::txn {
namespace {

using record::Bin;
using record::Draft;
using record::ParticleValue;
using wire::Op;
using wire::OpCode;
using wire::Particle;

bool forbidden_in_replace(const Op& op) {
    switch (op.code) {
        case OpCode::write: return op.type == Particle::null;
        case OpCode::exp_modify: return false;
        default: return is_modify(op.code);
    }
}

ResultCode write_bin(const Op& op, Draft& draft, Buffer& scratch) {
    if (op.type == Particle::null) {
        draft.remove(op.name);
        return ResultCode::ok;
    }
    Bytes stored;
    const ResultCode code = record::to_stored(op.type, op.value, draft, scratch, stored);
    if (code == ResultCode::ok) draft.set(op.name, op.type, stored);
    return code;
}

/// Of the 16-byte form that old clients send only the first number counts.
ResultCode add_integer(Bin& bin, Bytes operand, Draft& draft, Buffer& scratch) {
    Bytes stored;
    if (operand.size() == 16) operand = operand.first(8);
    const ResultCode code = record::to_stored(Particle::integer, operand, draft, scratch, stored);
    if (code != ResultCode::ok) return code;
    // Unsigned addition: the protocol wraps around.
    const uint64_t sum = uint64_t(record::load_integer(bin.value)) + uint64_t(record::load_integer(stored));
    uint8_t* at = draft.allocate(8);
    store_be(at, sum);
    bin.value = record::shorten_integer(at);
    return ResultCode::ok;
}

ResultCode add_float(Bin& bin, Bytes operand, Draft& draft) {
    if (operand.size() != 8) return ResultCode::parameter;
    const auto a = std::bit_cast<double>(load_be<uint64_t>(bin.value.data()));
    const auto b = std::bit_cast<double>(load_be<uint64_t>(operand.data()));
    uint8_t* at = draft.allocate(8);
    store_be(at, std::bit_cast<uint64_t>(a + b));
    bin.value = {at, 8};
    return ResultCode::ok;
}

/// GeoJSON answers with a general error of its own; every other type that cannot take part says so.
ResultCode refuse_operand(const Bin& bin) {
    return bin.type == Particle::geojson ? ResultCode::server_error : ResultCode::incompatible_type;
}

ResultCode increment(const Op& op, Draft& draft, Buffer& scratch) {
    if (!record::is_storable(op.type)) return ResultCode::parameter;
    Bin* bin = draft.find(op.name);
    if (bin == nullptr) return write_bin(op, draft, scratch);  // of whatever type: the protocol has it so
    const bool numeric = bin->type == Particle::integer || bin->type == Particle::floating;
    if (!numeric || bin->type != op.type) return refuse_operand(*bin);
    return bin->type == Particle::integer ? add_integer(*bin, op.value, draft, scratch)
                                          : add_float(*bin, op.value, draft);
}

ResultCode concatenate(const Op& op, Draft& draft, Buffer& scratch) {
    if (!record::is_storable(op.type)) return ResultCode::parameter;
    Bin* bin = draft.find(op.name);
    if (bin == nullptr) return write_bin(op, draft, scratch);
    if (!record::is_string_like(bin->type) || bin->type != op.type) return refuse_operand(*bin);
    const Bytes first = op.code == OpCode::append ? bin->value : op.value;
    const Bytes second = op.code == OpCode::append ? op.value : bin->value;
    uint8_t* joined = draft.allocate(first.size() + second.size());
    if (!first.empty()) std::memcpy(joined, first.data(), first.size());
    if (!second.empty()) std::memcpy(joined + first.size(), second.data(), second.size());
    bin->value = {joined, first.size() + second.size()};
    return ResultCode::ok;
}

void read_bins(const Op& op, const OperationPlan& plan, Draft& draft, wire::UnitWriter& unit) {
    if (op.name.empty() && plan.reads_all) {
        draft.for_each([&](const Bin& bin) { record::append_bin(unit, OpCode::read, bin); });
        return;
    }
    if (const Bin* bin = draft.find(op.name)) {
        record::append_bin(unit, op.code, *bin);
    } else if (plan.respond_all) {
        unit.op(op.code, Particle::null, op.name, Bytes{});
    }
}

void respond(const Op& op, const ParticleValue& result, const OperationPlan& plan, wire::UnitWriter& unit) {
    if (!result.absent()) record::append_bin(unit, op.code, {op.name, result.type, result.bytes});
    else if (plan.respond_all) unit.op(op.code, Particle::null, op.name, Bytes{});
}

ResultCode operate_inside(const Op& op, const OperationPlan& plan, Draft& draft, wire::UnitWriter& unit) {
    const Bin* bin = draft.find(op.name);
    const ParticleValue value = bin == nullptr ? ParticleValue{} : ParticleValue{bin->type, bin->value};
    ParticleValue result;
    if (reads_value(op.code)) {
        const ResultCode code = read_value(op, value, draft.memory(), result);
        if (code != ResultCode::ok) return code;
        respond(op, result, plan, unit);
        // A bin that is there always answers.
        const bool silent = result.absent() && !plan.respond_all;
        if (silent && bin != nullptr) unit.op(op.code, Particle::null, op.name, Bytes{});
        return ResultCode::ok;
    }
    ParticleValue changed;
    const ResultCode code = modify_value(op, value, draft.memory(), changed, result);
    if (code != ResultCode::ok) return code;
    if (changed.absent()) draft.remove(op.name);
    else draft.set(op.name, changed.type, changed.bytes);
    respond(op, result, plan, unit);
    return ResultCode::ok;
}

/// A CDT operation whose path has expressions.
ResultCode operate_along_path(const Op& op, const OperationPlan& plan, const expr::Subject& subject,
                              expr::Program& program, Draft& draft, wire::UnitWriter& unit) {
    const Bin* bin = draft.find(op.name);
    const ParticleValue value = bin == nullptr ? ParticleValue{} : ParticleValue{bin->type, bin->value};
    const bool modifies = op.code == OpCode::cdt_modify;
    ParticleValue answer;
    const ResultCode code = expr::path_operation(op.value, modifies, program, subject, value, draft.memory(), answer);
    if (code != ResultCode::ok) return code;
    if (modifies && !answer.absent()) draft.set(op.name, answer.type, answer.bytes);
    respond(op, modifies ? ParticleValue{} : answer, plan, unit);
    return ResultCode::ok;
}

/// An expression without an answer, where that is no error, answers null.
ResultCode read_expression(const Op& op, const expr::Subject& subject, expr::Program& program, Draft& draft,
                           wire::UnitWriter& unit) {
    ParticleValue result;
    const ResultCode code = expr::read(op.value, program, subject, draft.memory(), result);
    if (code == ResultCode::ok) record::append_bin(unit, op.code, {op.name, result.type, result.bytes});
    return code;
}

ResultCode run(const Op& op, const OperationPlan& plan, const expr::Subject& subject, expr::Program& program,
               Draft& draft, Buffer& scratch, wire::UnitWriter& unit) {
    const bool inside = op.code == OpCode::cdt_read || op.code == OpCode::cdt_modify;
    if (inside && expr::is_path(op.value)) return operate_along_path(op, plan, subject, program, draft, unit);
    if (reads_value(op.code) || modifies_value(op.code)) return operate_inside(op, plan, draft, unit);
    ResultCode code = ResultCode::ok;
    switch (op.code) {
        case OpCode::read: read_bins(op, plan, draft, unit); return ResultCode::ok;
        case OpCode::touch: return ResultCode::ok;  // never answers, whatever was asked
        case OpCode::write: code = write_bin(op, draft, scratch); break;
        case OpCode::incr: code = increment(op, draft, scratch); break;
        case OpCode::append:
        case OpCode::prepend: code = concatenate(op, draft, scratch); break;
        case OpCode::delete_all: draft.clear(); break;
        case OpCode::exp_read: return read_expression(op, subject, program, draft, unit);
        case OpCode::exp_modify: code = expr::modify(op.value, program, subject, op.name); break;
        default: return ResultCode::parameter;
    }
    if (code == ResultCode::ok && plan.respond_all) unit.op(op.code, Particle::null, op.name, Bytes{});
    return code;
}

}  // namespace

std::expected<OperationPlan, ResultCode> plan_operations(const wire::MessageHeader& header, const wire::Ops& ops) {
    const auto bad = std::unexpected(ResultCode::parameter);
    if (ops.count() == 0 || ops.count() > wire::kOpsMax) return bad;

    OperationPlan plan;
    plan.respond_all = (header.info2 & wire::info2::respond_all_ops) != 0;
    const bool get_all = (header.info1 & wire::info1::get_all) != 0;
    bool responds = false;
    for (const Op op : ops) {
        if (!valid_bin_name(op.name)) return std::unexpected(ResultCode::bin_name);
        if (replaces(header) && forbidden_in_replace(op)) return bad;
        const bool read_all = op.code == OpCode::read && op.name.empty() && get_all;
        if (op.code == OpCode::touch) plan.must_exist = true;
        const bool reads = makes_response(op.code) && !is_modify(op.code);
        if (reads && (header.info1 & wire::info1::read) == 0) return bad;
        if (read_all && (plan.reads_all || plan.respond_all)) return bad;
        plan.reads_all |= read_all;
        responds |= !read_all && makes_response(op.code);
    }
    if (get_all != plan.reads_all || (plan.reads_all && responds)) return bad;
    return plan;
}

ResultCode run_operations(const wire::Ops& ops, const OperationPlan& plan, const expr::Subject& subject,
                          expr::Program& program, Draft& draft, Buffer& scratch, wire::UnitWriter& unit) {
    for (const Op op : ops) {
        if (const ResultCode code = run(op, plan, subject, program, draft, scratch, unit); code != ResultCode::ok)
            return code;
        if (unit.size() > wire::kUnitMax || draft.allocated() > kComputedMax) return ResultCode::record_too_big;
    }
    return ResultCode::ok;
}

}  // namespace cairn::txn
