#include "node/query/background.h"

#include "node/query/throttle.h"
#include "node/txn/checks.h"
#include "node/txn/replicate.h"

namespace cairn::query {
namespace {

using wire::FieldType;

/// Calls of functions go on so long before it is others' turn.
constexpr Duration kTurn = 2ms;

/// The records of one leaf that the job is about, by digest: they are written one by one, each in a step of its own.
struct Target {
    Digest digest;
    partition::SetId set;
};

void collect(partition::Namespace& ns, PartitionId pid, partition::SetId set, partition::WalkPosition& position,
             std::vector<Target>& targets, txn::Worker& worker) {
    targets.clear();
    std::vector<record::Head*> leaf;
    ns.partitions.with(pid, [&](partition::Partition& partition) {
        if (set != partition::kNoSet && partition.objects_in_set(set) == 0) {
            position.done = true;
            return true;
        }
        // Each node does what it is master of.
        if (txn::admit_write(ns, worker, pid) == ResultCode::unavailable) {
            position.done = true;
            return true;
        }
        partition.walk(position, leaf);
        for (const record::Head* record : leaf) {
            if (set != partition::kNoSet && record->set_id != set) continue;
            if (!txn::is_gone(ns, *record, worker.clock)) targets.push_back({record->digest, record->set_id});
        }
        return true;
    });
}

ResultCode write_one(partition::Namespace& ns, txn::Worker& worker, const wire::MessageHeader& header,
                     wire::Fields& fields, const wire::Ops& ops, const txn::Filter* filter, const Target& target,
                     Buffer& reply, Job& job) {
    const auto name = ns.sets.name(target.set);
    fields.set(FieldType::set, as_bytes(name));
    reply.clear();
    const txn::Command command{.header = header,
                               .fields = fields,
                               .ops = ops,
                               .digest = target.digest,
                               .origin = txn::Origin::ops_sub,
                               .filter = filter};
    const ResultCode code = txn::execute(ns, worker, command, reply);
    if (code == ResultCode::waiting) return code;
    auto& counted = code == ResultCode::ok             ? job.records_succeeded
                    : code == ResultCode::filtered_out ? job.records_filtered_bins
                                                       : job.records_failed;
    if (code != ResultCode::not_found) counted.fetch_add(1, std::memory_order_relaxed);
    return code;
}

/// Reads what is wanted. A job in the background looks once a millisecond whether it is there.
/// @return  false when the group is stopping.
runtime::Task<bool> read_wanted(runtime::TaskGroup& group, partition::Reads& reads) {
    const auto answered = std::make_shared<bool>(false);
    reads.start(group.loop(), [answered] { *answered = true; });
    while (!*answered) {
        if (!co_await group.sleep(1ms)) co_return false;
    }
    co_return true;
}

}  // namespace

ResultCode check_background(const wire::Message& message) {
    const auto& header = message.header;
    const bool calls = message.fields.has(FieldType::udf_package);
    // The Go client's calls come as reads, and only field 33 tells.
    const uint8_t refused = calls ? wire::info1::short_query : wire::info1::read | wire::info1::short_query;
    if ((header.info1 & refused) != 0 || (header.info2 & wire::info2::del) != 0) return ResultCode::parameter;
    if (calls != (message.ops.count() == 0)) return ResultCode::parameter;
    if (calls && !txn::valid_call({}, message.fields)) return ResultCode::parameter;
    for (const wire::Op op : message.ops) {
        if (!txn::is_modify(op.code)) return ResultCode::parameter;
    }
    if (!message.fields.has(FieldType::filter)) return ResultCode::ok;
    expr::Program filter;
    return expr::compile_filter(message.fields[FieldType::filter], filter);
}

runtime::Task<void> run_background(runtime::TaskGroup& group, partition::Namespace& ns, txn::Worker& worker,
                                   Buffer frame, std::unique_ptr<wire::Message> message, partition::SetId set,
                                   std::shared_ptr<Job> job, Monitor& monitor) {
    wire::MessageHeader header = message->header;
    header.info2 &= wire::info2::write | wire::info2::durable_delete;
    header.info3 =
        (header.info3 & wire::info3::replace_only) != 0 ? wire::info3::replace_only : wire::info3::update_only;
    header.generation = 0;
    wire::Fields fields = message->fields;
    const bool calls = fields.has(FieldType::udf_package);
    if (calls) {  // which has no such policies
        header.info1 = 0;
        header.info2 |= wire::info2::write;
        header.info3 = 0;
    }
    txn::Filter filter;
    const bool filters = fields.has(FieldType::filter);
    if (filters) filter.compile(fields[FieldType::filter]);
    Throttle throttle(job->records_per_second, worker.clock.now());
    std::vector<Target> targets;
    partition::Reads reads;
    Buffer reply;
    JobEnd end = JobEnd::ok;
    job->partitions_total.store(kPartitionCount, std::memory_order_relaxed);
    for (uint32_t pid = 0; pid < kPartitionCount && end == JobEnd::ok; ++pid) {
        for (partition::WalkPosition position; !position.done && end == JobEnd::ok;) {
            collect(ns, static_cast<PartitionId>(pid), set, position, targets, worker);
            const size_t found = targets.size();
            bool stopped = false;
            while (!targets.empty() && !stopped) {
                worker.reads = &reads;
                const Instant began = worker.clock.now();
                bool spent = false;
                std::erase_if(targets, [&](const Target& target) {
                    if (spent) return false;
                    const ResultCode code = write_one(ns, worker, header, fields, message->ops,
                                                      filters ? &filter : nullptr, target, reply, *job);
                    if (calls) {  // a function may take as long as many writes
                        worker.clock.refresh();
                        spent = worker.clock.now() - began > kTurn;
                    }
                    return code != ResultCode::waiting;
                });
                worker.owed.clear();  // nobody waits for what a job in the background wrote
                worker.unreplicated.clear();
                worker.again = false;
                if (reads.wanting()) stopped = !co_await read_wanted(group, reads);
                else if (spent) stopped = !co_await group.sleep(0ms);
                if (job->abort_asked.load(std::memory_order_relaxed)) break;
            }
            if (stopped) end = JobEnd::abandoned;
            if (job->abort_asked.load(std::memory_order_relaxed)) end = JobEnd::aborted;
            if (found == 0 && position.done && pid % 64 != 0) break;  // empty partitions need no turn each
            throttle.count(found);
            const bool go_on = co_await group.sleep(throttle.wait(worker.clock.now()));
            if (!go_on) end = JobEnd::abandoned;
        }
        job->partitions_done.store(pid + 1, std::memory_order_relaxed);
    }
    auto& counters = worker.counters[ns.index];
    auto& counted = calls ? counters.pi_query_udf_bg : counters.pi_query_ops_bg;
    (end == JobEnd::ok ? counted.complete : counted.abort).add();
    monitor.finish(job, end, worker.clock.now());
}

}  // namespace cairn::query
