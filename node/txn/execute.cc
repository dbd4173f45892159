#include "common/base/check.h"
#include "node/txn/command.h"
#include "node/txn/read.h"
#include "node/txn/reply.h"
#include "node/txn/write.h"

namespace cairn::txn {
namespace {

void count(Outcomes& outcomes, ResultCode code) {
    switch (code) {
        case ResultCode::ok: return outcomes.success.add();
        case ResultCode::not_found: return outcomes.not_found.add();
        case ResultCode::filtered_out: return outcomes.filtered_out.add();
        case ResultCode::timeout: return outcomes.timeout.add();
        default: return outcomes.error.add();
    }
}

void count_special(NamespaceCounters& counters, ResultCode code) {
    if (code == ResultCode::generation) counters.fail_generation.add();
    if (code == ResultCode::record_too_big) counters.fail_record_too_big.add();
    if (code == ResultCode::key_busy) counters.fail_key_busy.add();
}

Counter& refused(NamespaceCounters& counters, Origin origin) {
    switch (origin) {
        case Origin::batch_sub: return counters.batch_sub_tsvc_error;
        case Origin::ops_sub: return counters.ops_sub_tsvc_error;
        case Origin::from_proxy: return counters.from_proxy_tsvc_error;
        case Origin::from_proxy_batch_sub: return counters.from_proxy_batch_sub_tsvc_error;
        default: return counters.client_tsvc_error;
    }
}

ResultCode refuse(Worker& worker, partition::Namespace& ns, const Command& command, Buffer& out, ResultCode code) {
    refused(worker.counters[ns.index], command.origin).add();
    return Reply(out, command).finish(code);
}

}  // namespace

ResultCode execute(partition::Namespace& ns, Worker& worker, const Command& command, Buffer& out) {
    const auto& header = command.header;
    worker.reply_at = out.size();
    NamespaceCounters& counters = worker.counters[ns.index];

    // Transactions over several records need strong consistency, which no namespace has yet.
    if ((header.info4 & wire::info4::mrt_any) != 0 || command.fields.has(wire::FieldType::mrt_id)) {
        return refuse(worker, ns, command, out, ResultCode::enterprise_only);
    }
    if ((header.info2 & wire::info2::write) != 0) {
        const bool is_delete = (header.info2 & wire::info2::del) != 0;
        const bool is_call = !is_delete && command.fields.has(wire::FieldType::udf_package);
        const ResultCode code = is_delete ? remove(ns, worker, command, out)
                                : is_call ? call(ns, worker, command, out)
                                          : write(ns, worker, command, out);
        if (code == ResultCode::waiting || code == ResultCode::unavailable) return code;
        count(counters.of(command.origin, is_delete ? Kind::del : is_call ? Kind::udf : Kind::write), code);
        if ((header.info1 & wire::info1::xdr) != 0 && command.origin == Origin::client) {
            count(is_delete ? counters.xdr_client_delete : counters.xdr_client_write, code);
        } else if ((header.info1 & wire::info1::xdr) != 0 && command.origin == Origin::from_proxy) {
            count(is_delete ? counters.xdr_from_proxy_delete : counters.xdr_from_proxy_write, code);
        }
        if (code != ResultCode::ok) count_special(counters, code);
        return code;
    }
    if ((header.info1 & wire::info1::read) != 0) {
        // A linearizable read needs strong consistency too.
        constexpr uint8_t kMode = wire::info3::sc_read_type | wire::info3::sc_read_relax;
        if ((header.info3 & kMode) == wire::info3::sc_read_type) {
            return refuse(worker, ns, command, out, ResultCode::enterprise_only);
        }
        const ResultCode code = read(ns, worker, command, out);
        if (code == ResultCode::waiting || code == ResultCode::unavailable) return code;
        count(counters.of(command.origin, Kind::read), code);
        return code;
    }
    return refuse(worker, ns, command, out, ResultCode::parameter);
}

bool is_gone(const partition::Namespace& ns, const record::Head& record, const runtime::Clock& clock) {
    if (record.void_time != 0 && record.void_time <= clock.epoch_s()) return true;
    const uint64_t lut = record.last_update_ms();
    if (lut < ns.truncate_lut.load(std::memory_order_relaxed)) return true;
    return record.set_id != partition::kNoSet &&
           lut < ns.sets[record.set_id].truncate_lut.load(std::memory_order_relaxed);
}

}  // namespace cairn::txn
