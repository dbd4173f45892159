#include "node/txn/read.h"

#include "node/expr/operation.h"
#include "node/expr/path.h"
#include "node/record/bins.h"
#include "node/txn/checks.h"
#include "node/txn/reply.h"
#include "node/txn/ttl.h"
#include "node/txn/value_operations.h"

namespace cairn::txn {
namespace {

using wire::FieldType;
using wire::OpCode;

void append_all_bins(wire::UnitWriter& unit, const record::Head& record) {
    record::BinWalk walk = record::walk_bins(record);
    record::Bin bin;
    while (walk.next(bin)) record::append_bin(unit, OpCode::read, bin);
}

ResultCode append_selected(wire::UnitWriter& unit, const partition::Namespace& ns, Worker& worker,
                           const record::Head& record, const Command& command) {
    const bool respond_all = (command.header.info2 & wire::info2::respond_all_ops) != 0;
    record::Memory& memory = worker.draft.memory();
    const expr::Subject subject = subject_of(ns, worker, record);
    const record::BinSearch search(record, command.ops.count());
    for (const wire::Op op : command.ops) {
        if (!valid_bin_name(op.name)) return ResultCode::bin_name;
        const bool inside = reads_value(op.code);
        const bool expression = op.code == OpCode::exp_read;
        if (op.code != OpCode::read && !inside && !expression) {
            return is_modify(op.code) ? ResultCode::parameter : unserved(op.code);
        }
        record::ParticleValue value;
        record::Bin bin;
        if (!expression && search.find(op.name, bin)) value = {bin.type, bin.value};
        if (inside || expression) {
            record::ParticleValue result;
            ResultCode code = ResultCode::ok;
            if (op.code == OpCode::cdt_read && expr::is_path(op.value)) {
                code = expr::path_operation(op.value, false, worker.program, subject, value, memory, result);
            } else {
                code = inside ? read_value(op, value, memory, result)
                              : expr::read(op.value, worker.program, subject, memory, result);
            }
            if (code != ResultCode::ok) return code;
            if (memory.allocated() > kComputedMax) return ResultCode::record_too_big;
            value = result;
        }
        // Rows of a batch answer as plain reads, whatever was read.
        const OpCode shown = command.origin == Origin::batch_sub ? OpCode::read : op.code;
        if (!value.absent()) {
            record::append_bin(unit, shown, {op.name, value.type, value.bytes});
        } else if (respond_all) {
            unit.op(shown, wire::Particle::null, op.name, Bytes{});
        }
        if (unit.size() > wire::kUnitMax) return ResultCode::record_too_big;
    }
    return ResultCode::ok;
}

/// A new version that only lives longer; readers see the same generation.
/// @return  false when there is no room for it.
bool touch(partition::Partition& partition, record::Head& old, uint32_t void_time, uint64_t now_ms) {
    record::Head* fresh = partition.place(old.units);
    if (fresh == nullptr) return false;
    std::memcpy(fresh, &old, old.units * record::kUnit);
    fresh->void_time = void_time;
    fresh->set_last_update_ms(now_ms);
    if (partition.publish(fresh, &old) != ResultCode::ok) return false;
    partition.tidy();
    return true;
}

ResultCode read_step(partition::Namespace& ns, Worker& worker, const Command& command, partition::Partition& partition,
                     const Filter* filter, Reply& reply) {
    record::Head* record = partition.find(command.digest);
    if (record == nullptr) return ResultCode::not_found;
    reply.shows(*record);  // an expired one too: errors carry what was found
    const auto set = command.fields.text(FieldType::set);
    if (!set.empty() && !same_name(ns.sets.name(record->set_id), set)) return ResultCode::parameter;
    if (is_gone(ns, *record, worker.clock)) return ResultCode::not_found;

    const auto due = read_touch(ns, *record, static_cast<int32_t>(command.header.record_ttl), worker.clock.epoch_s());
    if (!due) return due.error();
    const bool needs_body = (command.header.info1 & wire::info1::no_bins) == 0 || command.fields.has(FieldType::key);
    if (needs_body || *due || filter != nullptr) {
        if (const ResultCode code = partition.load(record, *worker.reads); code != ResultCode::ok) return code;
    }
    if (const ResultCode code = check_filter(filter, ns, worker, *record); code != ResultCode::ok) return code;
    if (command.fields.has(FieldType::key)) {
        if (const ResultCode code = check_key(*record, command.fields[FieldType::key]); code != ResultCode::ok) {
            return code;
        }
    }
    ResultCode code = ResultCode::ok;
    if ((command.header.info1 & wire::info1::no_bins) == 0) {
        if ((command.header.info1 & wire::info1::get_all) != 0) {
            append_all_bins(reply.unit, *record);
        } else if (command.ops.count() == 0 || command.ops.count() > wire::kOpsMax) {
            return ResultCode::parameter;
        } else {
            worker.draft.begin(nullptr);
            code = append_selected(reply.unit, ns, worker, *record, command);
            worker.draft.trim();
        }
    }
    if (code == ResultCode::ok && *due) {
        auto& counters = worker.counters[ns.index];
        const bool touched = touch(partition, *record, **due, worker.clock.epoch_ms());
        (touched ? counters.read_touch_success : counters.read_touch_error).add();
    }
    return code;
}

}  // namespace

ResultCode read(partition::Namespace& ns, Worker& worker, const Command& command, Buffer& out) {
    Reply reply(out, command);
    const Filter* filter = filter_of(command, worker);
    const ResultCode code = ns.partitions.with(command.digest.partition(), [&](partition::Partition& partition) {
        return read_step(ns, worker, command, partition, filter, reply);
    });
    return reply.finish(code);
}

}  // namespace cairn::txn
