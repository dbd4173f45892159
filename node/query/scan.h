#pragma once
#include <bitset>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/buffer.h"
#include "common/runtime/loop.h"
#include "common/wire/encode.h"
#include "common/wire/message.h"
#include "node/partition/namespace.h"
#include "node/query/index_walk.h"
#include "node/query/monitor.h"
#include "node/query/request.h"
#include "node/query/throttle.h"
#include "node/txn/command.h"

namespace cairn::query {

/// What a job says after a step.
struct StepResult {
    bool done = false;
    Duration wait{};  // before the next step, when not done
};

/// Tells, in a unit, that the client is to ask another node for what it has not got yet of a partition.
void append_refused(Buffer& out, PartitionId partition);
/// Of the partitions that are asked for, those that may not be read here.
std::vector<PartitionId> partitions_elsewhere(partition::Namespace& ns, const Request& request);

/// A query in the foreground: streams the records of the partitions it was asked for, so that a client resumes after the
/// last one it got. Over the primary index each partition comes in descending digest order; over a secondary index by
/// value, then ascending digest. Holds nothing of the index between
/// steps: records may be written and deleted meanwhile, and each that stays is sent exactly once.
class Scan {
public:
    /// @param message  parsed from a frame that stays in place while the scan lives.
    /// @param set      kNoSet: all records of the namespace.
    /// @param by_index  the candidates of a query over a secondary index; null: all records are.
    Scan(partition::Namespace& ns, txn::Worker& worker, const wire::Message& message, Request request,
         partition::SetId set, std::shared_ptr<Job> job, std::unique_ptr<IndexWalk> by_index = nullptr);
    ~Scan();

    /// Appends about `bytes_max` of frames to `out`. One step holds no door longer than one index leaf takes.
    StepResult step(Buffer& out, size_t bytes_max);
    /// The client is gone or did not read in time.
    void abandon() { end_ = JobEnd::abandoned; }

    const Job& job() const { return *job_; }
    bool by_index() const { return by_index_ != nullptr; }
    bool is_short() const { return request_.is_short; }
    JobEnd ended() const { return end_; }

private:
    /// One index leaf of the current partition. @return  whether the frame is full.
    bool walk_leaf(Buffer& out, size_t size_max, uint64_t records_max);
    /// A few candidates of the secondary index. @return  as walk_leaf().
    bool walk_index(Buffer& out, size_t size_max, uint64_t records_max);
    bool at_end() const { return by_index_ ? by_index_->done() : current_ == request_.starts.size(); }
    expr::Trilean check_metadata(const record::Head& record, bool whole);
    bool passes(const record::Head& record);
    /// @param value  by which a secondary index has it.
    void append_record(Buffer& out, const record::Head& record, std::optional<sindex::Value> value = {});
    bool append_bins(wire::UnitWriter& unit, const record::Head& record);
    void next_partition();
    void finish(Buffer& out, ResultCode code, JobEnd end);

    partition::Namespace& ns_;
    txn::Worker& worker_;
    const Request request_;  // its views point into the frame
    const bool respond_all_;
    const partition::SetId set_;
    const std::shared_ptr<Job> job_;
    const std::unique_ptr<IndexWalk> by_index_;
    std::bitset<kPartitionCount> refused_;  // partitions that another node answers for: of a secondary index
    const Instant deadline_;
    Throttle throttle_;
    size_t current_ = 0;  // in request_.starts
    partition::WalkPosition position_;
    uint64_t sent_ = 0;
    bool too_big_ = false;  // a record's reply: its bins were asked for over and over
    JobEnd end_ = JobEnd::active;
    std::vector<record::Head*> leaf_;  // of the walk's current step; pointers are good inside it only
};

}  // namespace cairn::query
