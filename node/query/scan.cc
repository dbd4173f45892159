#include "node/query/scan.h"

#include <array>

#include "node/record/bins.h"
#include "node/txn/read.h"
#include "node/txn/replicate.h"

namespace cairn::query {
namespace {

using wire::FieldType;
using wire::OpCode;

constexpr size_t kFrameBytes = 128u << 10;
constexpr size_t kAhead = 4;  // records whose body is fetched before it is copied

void prefetch_body(const record::Head* record) {
    __builtin_prefetch(reinterpret_cast<const uint8_t*>(record) + 64);
    __builtin_prefetch(reinterpret_cast<const uint8_t*>(record) + 128);
}

partition::WalkPosition position_of(const Start& start) {
    return start.after ? partition::WalkPosition::after(*start.after) : partition::WalkPosition{};
}

Instant deadline_of(const Request& request, Instant now) {
    return request.timeout_ms == 0 ? Instant::max() : now + std::chrono::milliseconds(request.timeout_ms);
}

}  // namespace

void append_refused(Buffer& out, PartitionId partition) {
    wire::UnitWriter refused(out);
    refused.finish({.info3 = wire::info3::partition_done, .result = ResultCode::unavailable, .generation = partition});
}

std::vector<PartitionId> partitions_elsewhere(partition::Namespace& ns, const Request& request) {
    std::vector<PartitionId> elsewhere;
    if (ns.replicator.load(std::memory_order_acquire) == nullptr) return elsewhere;
    for (const Start& start : request.starts) {
        const ResultCode code = ns.partitions.with(
            start.partition, [&](partition::Partition&) { return txn::admit_read(ns, start.partition); });
        if (code != ResultCode::ok) elsewhere.push_back(start.partition);
    }
    return elsewhere;
}

Scan::Scan(partition::Namespace& ns, txn::Worker& worker, const wire::Message& message, Request request,
           partition::SetId set, std::shared_ptr<Job> job, std::unique_ptr<IndexWalk> by_index)
    : ns_(ns),
      worker_(worker),
      request_(std::move(request)),
      respond_all_((message.header.info2 & wire::info2::respond_all_ops) != 0),
      set_(set),
      job_(std::move(job)),
      by_index_(std::move(by_index)),
      deadline_(deadline_of(request_, worker.clock.now())),
      throttle_(request_.records_per_second, worker.clock.now()) {
    if (!request_.starts.empty()) position_ = position_of(request_.starts[0]);
}

Scan::~Scan() = default;

StepResult Scan::step(Buffer& out, size_t bytes_max) {
    const size_t before = out.size();
    const uint64_t burst_end = throttle_.burst() > ~sent_ ? ~uint64_t{0} : sent_ + throttle_.burst();
    while (out.size() - before < bytes_max) {
        if (job_->abort_asked.load(std::memory_order_relaxed)) {
            finish(out, ResultCode::query_abort, JobEnd::aborted);
            return {.done = true};
        }
        const bool all_sent = request_.records_max != 0 && sent_ == request_.records_max;
        if (by_index_ && by_index_->gone()) {
            finish(out, ResultCode::sindex_not_found, JobEnd::failed);
            return {.done = true};
        }
        if (at_end() || all_sent) {
            finish(out, ResultCode::ok, JobEnd::ok);
            return {.done = true};
        }
        if (too_big_) {
            finish(out, ResultCode::record_too_big, JobEnd::failed);
            return {.done = true};
        }
        if (worker_.clock.now() >= deadline_) {
            finish(out, ResultCode::timeout, JobEnd::timed_out);
            return {.done = true};
        }
        if (sent_ >= burst_end) break;

        uint64_t left = request_.records_max == 0 ? ~uint64_t{0} : request_.records_max - sent_;
        left = std::min(left, burst_end - sent_);
        wire::FrameWriter frame(out, wire::FrameType::message);
        const size_t empty = out.size();
        bool waits = false;
        const uint64_t sent_before = sent_;
        bool full = false;
        // Partitions without records cost next to nothing; still no step may run on for ever through them.
        for (int steps = 0; steps < 64 && !full && !at_end(); ++steps) {
            const uint64_t records_max = left - (sent_ - sent_before);
            full = by_index_ ? walk_index(out, empty + kFrameBytes, records_max)
                             : walk_leaf(out, empty + kFrameBytes, records_max);
            waits = worker_.reads->wanting();
            if (!by_index_ && position_.done) next_partition();
        }
        throttle_.count(sent_ - sent_before);
        job_->records_succeeded.store(sent_, std::memory_order_relaxed);
        if (out.size() == empty) {
            out.truncate(empty - wire::kProtoHeaderSize);
            if (!full || waits) break;  // a share of empty leaves: others' turn
        } else {
            frame.finish();
            job_->net_bytes.fetch_add(wire::kProtoHeaderSize + out.size() - empty, std::memory_order_relaxed);
        }
        if (waits) return {};
    }
    return {.done = false, .wait = throttle_.wait(worker_.clock.now())};
}

bool Scan::walk_leaf(Buffer& out, size_t size_max, uint64_t records_max) {
    const PartitionId pid = request_.starts[current_].partition;
    return ns_.partitions.with(pid, [&](partition::Partition& partition) {
        if (txn::admit_read(ns_, pid) != ResultCode::ok) {
            append_refused(out, pid);
            position_.done = true;
            return false;
        }
        if (set_ != partition::kNoSet && partition.objects_in_set(set_) == 0) {
            position_.done = true;
            return false;
        }
        partition::WalkPosition from = position_;  // what is left of the leaf: before the record that is next
        partition.walk(position_, leaf_);
        uint64_t records = 0;
        bool waits = false;
        for (size_t i = 0; i < leaf_.size(); ++i) {
            if (!partition.in_store() && i + kAhead < leaf_.size()) prefetch_body(leaf_[i + kAhead]);
            record::Head* record = leaf_[i];
            if (set_ != partition::kNoSet && record->set_id != set_) continue;
            if (txn::is_gone(ns_, *record, worker_.clock)) continue;
            const auto filtered = check_metadata(*record, /*whole=*/!partition.in_store());
            if (filtered == expr::Trilean::no) continue;
            const bool undecided = filtered == expr::Trilean::unknown;
            if (!request_.no_bins || record->has_key || undecided) {
                // One that has to be read ends the step, but the others of the leaf are asked for together with it.
                const ResultCode code = partition.load(record, *worker_.reads);
                if (code == ResultCode::waiting && !waits) {
                    waits = true;
                    if (i > 0) from = partition::WalkPosition::after(leaf_[i - 1]->digest);
                }
                if (waits && worker_.reads->full()) break;
                if (waits) continue;
                if (code != ResultCode::ok) {  // damaged: counted and logged by the store; others are still sent
                    job_->records_failed.fetch_add(1, std::memory_order_relaxed);
                    continue;
                }
            }
            if (undecided && !passes(*record)) continue;
            const size_t size = out.size();
            append_record(out, *record);
            if (too_big_) return true;
            if (out.size() == size) continue;  // none of the bins asked for
            ++sent_;
            if (++records == records_max || out.size() >= size_max) {
                if (i + 1 < leaf_.size()) position_ = partition::WalkPosition::after(leaf_[i]->digest);
                return true;
            }
        }
        if (waits) position_ = from;
        return waits;
    });
}

bool Scan::walk_index(Buffer& out, size_t size_max, uint64_t records_max) {
    using Next = IndexWalk::Next;
    uint64_t records = 0;
    bool waits = false;
    bool full = false;
    const auto before = [&] {
        if (ns_.replicator.load(std::memory_order_acquire) == nullptr) return;
        by_index_->for_each_partition([&](PartitionId pid) {
            if (refused_[pid] || txn::admit_read(ns_, pid) == ResultCode::ok) return;
            refused_.set(pid);
            append_refused(out, pid);
        });
    };
    by_index_->step(before, [&](const IndexWalk::Candidate& candidate) {
        if (refused_[candidate.partition.id()]) return Next::go_on;
        record::Head* record = candidate.record;
        if (set_ != partition::kNoSet && record->set_id != set_) return Next::go_on;
        if (txn::is_gone(ns_, *record, worker_.clock)) return Next::go_on;
        const auto filtered = check_metadata(*record, /*whole=*/!candidate.partition.in_store());
        if (filtered == expr::Trilean::no) return Next::go_on;
        const ResultCode code = candidate.partition.load(record, *worker_.reads);
        if (code == ResultCode::waiting) {
            waits = true;
            return worker_.reads->full() ? Next::stop_before : Next::wait;
        }
        if (waits) return Next::wait;  // those before it come first
        if (code != ResultCode::ok) {  // damaged: counted and logged by the store; others are still sent
            job_->records_failed.fetch_add(1, std::memory_order_relaxed);
            return Next::go_on;
        }
        const auto subject = txn::subject_of(ns_, worker_, *record);
        if (by_index_->query().first_match(candidate.values, subject) != candidate.value) return Next::go_on;
        if (filtered == expr::Trilean::unknown && !passes(*record)) return Next::go_on;
        const size_t size = out.size();
        append_record(out, *record, candidate.value);
        full = too_big_;
        if (full) return Next::stop_after;
        if (out.size() == size) return Next::go_on;  // none of the bins asked for
        ++sent_;
        full = ++records == records_max || out.size() >= size_max;
        return full ? Next::stop_after : Next::go_on;
    });
    const uint64_t done = by_index_->slice() * request_.starts.size() / by_index_->slice_count();
    job_->partitions_done.store(static_cast<uint32_t>(done), std::memory_order_relaxed);
    return full || waits;
}

/// Jobs tell apart what their filter decided without reading the record.
/// @return  unknown: its key or bins decide.
expr::Trilean Scan::check_metadata(const record::Head& record, bool whole) {
    if (!request_.filter) return expr::Trilean::yes;
    const expr::Program& filter = *request_.filter;
    if (filter.needs_record && (whole || !filter.metadata)) return expr::Trilean::unknown;
    const auto answer = expr::evaluate_metadata(filter, txn::subject_of(ns_, worker_, record), worker_.memory);
    worker_.memory.reset();
    if (answer == expr::Trilean::yes || (answer == expr::Trilean::unknown && filter.needs_record)) return answer;
    job_->records_filtered_meta.fetch_add(1, std::memory_order_relaxed);
    return expr::Trilean::no;
}

bool Scan::passes(const record::Head& record) {
    const bool passed = expr::passes(*request_.filter, txn::subject_of(ns_, worker_, record), worker_.memory);
    worker_.memory.reset();
    if (!passed) job_->records_filtered_bins.fetch_add(1, std::memory_order_relaxed);
    return passed;
}

void Scan::append_record(Buffer& out, const record::Head& record, std::optional<sindex::Value> value) {
    wire::UnitWriter unit(out);
    unit.field(FieldType::ns, as_bytes(ns_.name));
    unit.field(FieldType::digest, record.digest.bytes);
    if (record.set_id != partition::kNoSet) unit.field(FieldType::set, as_bytes(ns_.sets.name(record.set_id)));
    if (record.has_key) unit.field(FieldType::key, record::stored_key(record));
    if (value) {
        std::array<uint8_t, 8> sent;  // little-endian, as clients give it back
        store_le(sent.data(), sindex::wire_value_of(*value, by_index_->type()));
        unit.field(FieldType::bval_array, sent);
    }
    if (!request_.no_bins && !append_bins(unit, record)) return unit.abandon();
    unit.finish({.info1 = request_.no_bins ? wire::info1::no_bins : uint8_t{0},
                 .generation = record.generation,
                 .record_ttl = record.void_time});
}

bool Scan::append_bins(wire::UnitWriter& unit, const record::Head& record) {
    record::Bin bin;
    if (!request_.selects_bins) {
        record::BinWalk walk = record::walk_bins(record);
        while (walk.next(bin)) record::append_bin(unit, OpCode::read, bin);
        return true;
    }
    if (request_.computes) {
        // A record on which an operation fails is passed over.
        const ResultCode code = txn::append_reads(unit, ns_, worker_, record, request_.ops, {respond_all_, false});
        too_big_ = code == ResultCode::record_too_big;
        return code == ResultCode::ok && unit.op_count() != 0;
    }
    const record::BinSearch search(record, request_.bins.size());
    for (const std::string_view name : request_.bins) {
        if (search.find(name, bin)) record::append_bin(unit, OpCode::read, bin);
        else if (respond_all_) unit.op(OpCode::read, wire::Particle::null, name, Bytes{});
        if (unit.size() > wire::kUnitMax) {
            too_big_ = true;
            return false;
        }
    }
    return unit.op_count() != 0;
}

void Scan::next_partition() {
    ++current_;
    job_->partitions_done.store(static_cast<uint32_t>(current_), std::memory_order_relaxed);
    if (current_ < request_.starts.size()) position_ = position_of(request_.starts[current_]);
}

void Scan::finish(Buffer& out, ResultCode code, JobEnd end) {
    const size_t before = out.size();
    wire::append_status(out, {.info3 = wire::info3::last, .result = code});
    job_->net_bytes.fetch_add(out.size() - before, std::memory_order_relaxed);
    end_ = end;
}

}  // namespace cairn::query
