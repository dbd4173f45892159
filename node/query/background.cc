#include "node/query/background.h"

#include "node/query/throttle.h"
#include "node/txn/checks.h"
#include "node/txn/read_wanted.h"
#include "node/txn/replicate.h"

namespace cairn::query {
namespace {

using wire::FieldType;

/// Calls of functions go on so long before it is others' turn.
constexpr Duration kTurn = 2ms;
constexpr size_t kWritesMax = 512;  // between two turns of the loop

/// The records of one leaf that the job is about, by digest: they are written one by one, each in a step of its own.
struct Target {
    Digest digest;
    partition::SetId set;
};

/// Where the records of a job come from, a few hundred at a time.
class Source {
public:
    /// @param by_index  null: all records of the set.
    Source(partition::Namespace& ns, partition::SetId set, std::unique_ptr<IndexWalk> by_index)
        : ns_(ns), set_(set), by_index_(std::move(by_index)) {}

    bool done() const { return by_index_ ? by_index_->done() : pid_ == kPartitionCount; }
    /// Of 4096.
    uint32_t partitions_done() const {
        return by_index_ ? uint32_t(by_index_->slice() * kPartitionCount / by_index_->slice_count()) : pid_;
    }
    /// Adds some records.
    /// @return  whether they may be written now; else it goes on with this, after `worker.reads` has what it wants.
    bool next(std::vector<Target>& targets, txn::Worker& worker) {
        return by_index_ ? next_of_index(targets, worker) : next_leaf(targets, worker);
    }

private:
    bool next_leaf(std::vector<Target>& targets, txn::Worker& worker);
    bool next_of_index(std::vector<Target>& targets, txn::Worker& worker);
    /// Each node does what it is master of.
    bool is_ours(PartitionId pid, txn::Worker& worker) const {
        const ResultCode code = txn::admit_write(ns_, worker, pid);
        worker.again = false;
        return code != ResultCode::unavailable;
    }

    partition::Namespace& ns_;
    const partition::SetId set_;
    const std::unique_ptr<IndexWalk> by_index_;
    uint32_t pid_ = 0;
    partition::WalkPosition position_;
    std::vector<record::Head*> leaf_;
};

/// One leaf, or some empty partitions: these need no turn each.
bool Source::next_leaf(std::vector<Target>& targets, txn::Worker& worker) {
    for (int partitions = 0; partitions < 64 && targets.empty() && pid_ < kPartitionCount; ++partitions) {
        ns_.partitions.with(static_cast<PartitionId>(pid_), [&](partition::Partition& partition) {
            if (set_ != partition::kNoSet && partition.objects_in_set(set_) == 0) {
                position_.done = true;
                return true;
            }
            if (!is_ours(static_cast<PartitionId>(pid_), worker)) {
                position_.done = true;
                return true;
            }
            partition.walk(position_, leaf_);
            for (const record::Head* record : leaf_) {
                if (set_ != partition::kNoSet && record->set_id != set_) continue;
                if (!txn::is_gone(ns_, *record, worker.clock)) targets.push_back({record->digest, record->set_id});
            }
            return true;
        });
        if (!position_.done) continue;
        position_ = {};
        ++pid_;
    }
    return true;
}

/// All of a slice, before any is written: a record that the job gives another value in the range is not met again.
bool Source::next_of_index(std::vector<Target>& targets, txn::Worker& worker) {
    using Next = IndexWalk::Next;
    const size_t slice = by_index_->slice();
    by_index_->step([] {},
                    [&](const IndexWalk::Candidate& candidate) {
                        record::Head* record = candidate.record;
                        if (set_ != partition::kNoSet && record->set_id != set_) return Next::go_on;
                        if (txn::is_gone(ns_, *record, worker.clock) || !is_ours(candidate.partition.id(), worker))
                            return Next::go_on;
                        const ResultCode code = candidate.partition.load(record, *worker.reads);
                        if (code == ResultCode::waiting) return worker.reads->full() ? Next::stop_before : Next::wait;
                        if (worker.reads->wanting()) return Next::wait;  // those before it come first
                        if (code != ResultCode::ok) return Next::go_on;
                        const auto subject = txn::subject_of(ns_, worker, *record);
                        if (by_index_->query().first_match(candidate.values, subject) != candidate.value)
                            return Next::go_on;
                        targets.push_back({record->digest, record->set_id});
                        return Next::go_on;
                    });
    return by_index_->slice() != slice;
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
                                   std::shared_ptr<Job> job, Monitor& monitor, std::unique_ptr<IndexWalk> by_index) {
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
    const bool by_values = by_index != nullptr;
    Source source(ns, set, std::move(by_index));
    while (end == JobEnd::ok && !source.done()) {
        worker.reads = &reads;
        const bool complete = source.next(targets, worker);
        bool go_on = true;
        if (reads.wanting()) go_on = co_await txn::read_wanted(group, reads);
        else if (!complete) go_on = co_await group.yield();
        const size_t turn_max = std::min<uint64_t>(kWritesMax, throttle.burst());
        while (complete && go_on && !targets.empty() && !job->abort_asked.load(std::memory_order_relaxed)) {
            worker.reads = &reads;
            const Instant began = worker.clock.now();
            size_t written = 0;
            bool spent = false;
            std::erase_if(targets, [&](const Target& target) {
                if (spent) return false;
                const ResultCode code = write_one(ns, worker, header, fields, message->ops, filters ? &filter : nullptr,
                                                  target, reply, *job);
                if (code == ResultCode::waiting) return false;
                if (calls) worker.clock.refresh();  // a function may take as long as many writes
                spent = ++written == turn_max || worker.clock.now() - began > kTurn;
                return true;
            });
            worker.owed.clear();  // nobody waits for what a job in the background wrote
            worker.unreplicated.clear();
            throttle.count(written);
            const bool moving = std::exchange(worker.again, false);
            if (reads.wanting()) go_on = co_await txn::read_wanted(group, reads);
            else if (moving) go_on = co_await group.sleep(1ms);
            else if (!targets.empty()) go_on = co_await group.sleep(throttle.wait(worker.clock.now()));
        }
        if (complete) reads.clear();
        job->partitions_done.store(source.partitions_done(), std::memory_order_relaxed);
        if (go_on && complete) go_on = co_await group.sleep(throttle.wait(worker.clock.now()));
        if (!go_on) end = JobEnd::abandoned;
        if (job->abort_asked.load(std::memory_order_relaxed)) end = JobEnd::aborted;
    }
    auto& counters = worker.counters[ns.index];
    auto& counted = by_values ? (calls ? counters.si_query_udf_bg : counters.si_query_ops_bg)
                              : (calls ? counters.pi_query_udf_bg : counters.pi_query_ops_bg);
    (end == JobEnd::ok ? counted.complete : counted.abort).add();
    monitor.finish(job, end, worker.clock.now());
}

}  // namespace cairn::query
