#include "node/txn/read.h"

#include "node/expr/operation.h"
#include "node/expr/path.h"
#include "node/record/bins.h"
#include "node/txn/checks.h"
#include "node/txn/replicate.h"
#include "node/txn/reply.h"
#include "node/txn/ttl.h"
#include "node/txn/update_time.h"
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

/// The reading operations of one command on one record.
class Reads {
public:
    Reads(wire::UnitWriter& unit, const partition::Namespace& ns, Worker& worker, const record::Head& record,
          size_t count)
        : unit_(unit),
          worker_(worker),
          memory_(worker.draft.memory()),
          subject_(subject_of(ns, worker, record)),
          search_(record, count) {}

    ResultCode run(const wire::Ops& ops, ReadStyle style) {
        for (const wire::Op op : ops) {
            if (!valid_bin_name(op.name)) return ResultCode::bin_name;
            record::ParticleValue value;
            if (const ResultCode code = read(op, value); code != ResultCode::ok) return code;
            const OpCode shown = style.as_reads ? OpCode::read : op.code;
            if (!value.absent()) record::append_bin(unit_, shown, {op.name, value.type, value.bytes});
            else if (style.respond_all) unit_.op(shown, wire::Particle::null, op.name, Bytes{});
            if (unit_.size() > wire::kUnitMax || memory_.allocated() > kComputedMax) return ResultCode::record_too_big;
        }
        return ResultCode::ok;
    }

private:
    ResultCode read(const wire::Op& op, record::ParticleValue& value) {
        if (op.code == OpCode::exp_read) return expr::read(op.value, worker_.program, subject_, memory_, value);
        const bool inside = reads_value(op.code);
        if (op.code != OpCode::read && !inside) return ResultCode::parameter;
        record::Bin bin;
        if (!search_.find(op.name, bin)) bin = {op.name, wire::Particle::null, {}};
        value = {bin.type, bin.value};
        if (!inside) return ResultCode::ok;
        const record::ParticleValue whole = value;
        value = {};
        if (op.code == OpCode::cdt_read && expr::is_path(op.value)) {
            return expr::path_operation(op.value, false, worker_.program, subject_, whole, memory_, value);
        }
        return read_value(op, whole, memory_, value);
    }

    wire::UnitWriter& unit_;
    Worker& worker_;
    record::Memory& memory_;
    const expr::Subject subject_;
    const record::BinSearch search_;
};

/// A new version that only lives longer; readers see the same generation.
/// @return  false when there is no room for it.
bool touch(partition::Namespace& ns, Worker& worker, const wire::MessageHeader& header, partition::Partition& partition,
           record::Head& old, uint32_t void_time) {
    if (admit_write(ns, worker, partition.id()) != ResultCode::ok) {  // a replica, or in a moment: another read will
        worker.again = false;
        return false;
    }
    record::Head* fresh = partition.place(old.units);
    if (fresh == nullptr) return false;
    std::memcpy(fresh, &old, old.units * record::kUnit);
    fresh->void_time = void_time;
    fresh->set_last_update_ms(update_time(worker.clock, old.last_update_ms()));
    if (partition.publish(fresh, &old) != ResultCode::ok) return false;
    replicate(ns, worker, header, partition, fresh->digest, fresh);
    partition.tidy();
    return true;
}

ResultCode read_step(partition::Namespace& ns, Worker& worker, const Command& command, partition::Partition& partition,
                     const Filter* filter, Reply& reply) {
    if (const ResultCode code = admit_read(ns, partition.id()); code != ResultCode::ok) return code;
    record::Head* record = partition.find(command.digest);
    if (record == nullptr) return ResultCode::not_found;
    reply.shows(*record);  // an expired one too: errors carry what was found
    const auto set = command.fields.text(FieldType::set);
    if (!set.empty() && !same_name(ns.sets.name(record->set_id), set)) return ResultCode::parameter;
    if (is_gone(ns, *record, worker.clock)) return ResultCode::not_found;

    const auto due = read_touch(ns, *record, static_cast<int32_t>(command.header.record_ttl), worker.clock.epoch_s());
    if (!due) return due.error();
    const bool needs_body = (command.header.info1 & wire::info1::no_bins) == 0 || command.fields.has(FieldType::key);
    const auto filtered = check_metadata(filter, ns, worker, *record, /*whole=*/!partition.in_store());
    if (filtered && *filtered != ResultCode::ok) return *filtered;
    if (needs_body || *due || !filtered) {
        if (const ResultCode code = partition.load(record, *worker.reads); code != ResultCode::ok) return code;
    }
    if (!filtered) {
        if (const ResultCode code = check_filter(filter, ns, worker, *record); code != ResultCode::ok) return code;
    }
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
            const bool respond_all = (command.header.info2 & wire::info2::respond_all_ops) != 0;
            // Rows of a batch answer as plain reads, whatever was read.
            const bool as_reads = command.origin == Origin::batch_sub || command.origin == Origin::from_proxy_batch_sub;
            code = append_reads(reply.unit, ns, worker, *record, command.ops, {respond_all, as_reads});
        }
    }
    if (code == ResultCode::ok && *due) {
        auto& counters = worker.counters[ns.index];
        const bool touched = touch(ns, worker, command.header, partition, *record, **due);
        (touched ? counters.read_touch_success : counters.read_touch_error).add();
    }
    return code;
}

}  // namespace

ResultCode append_reads(wire::UnitWriter& unit, const partition::Namespace& ns, Worker& worker,
                        const record::Head& record, const wire::Ops& ops, ReadStyle style) {
    worker.draft.begin(nullptr);
    const ResultCode code = Reads(unit, ns, worker, record, ops.count()).run(ops, style);
    worker.draft.trim();
    return code;
}

ResultCode read(partition::Namespace& ns, Worker& worker, const Command& command, Buffer& out) {
    Reply reply(out, command);
    const Filter* filter = filter_of(command, worker);
    const ResultCode code = ns.partitions.with(command.digest.partition(), [&](partition::Partition& partition) {
        return read_step(ns, worker, command, partition, filter, reply);
    });
    return reply.finish(code);
}

}  // namespace cairn::txn
