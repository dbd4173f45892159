#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/buffer.h"
#include "common/runtime/loop.h"
#include "common/wire/encode.h"
#include "common/wire/message.h"
#include "node/partition/namespace.h"
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

/// A primary-index query in the foreground: streams the records of the partitions it was asked for, each partition in
/// descending digest order, so that a client resumes after the last digest it got. Holds nothing of the index between
/// steps: records may be written and deleted meanwhile, and each that stays is sent exactly once.
class Scan {
public:
    /// @param message  parsed from a frame that stays in place while the scan lives.
    /// @param set      kNoSet: all records of the namespace.
    Scan(partition::Namespace& ns, txn::Worker& worker, const wire::Message& message, Request request,
         partition::SetId set, std::shared_ptr<Job> job);
    ~Scan();

    /// Appends about `bytes_max` of frames to `out`. One step holds no door longer than one index leaf takes.
    StepResult step(Buffer& out, size_t bytes_max);
    /// The client is gone or did not read in time.
    void abandon() { end_ = JobEnd::abandoned; }

    const Job& job() const { return *job_; }
    bool is_short() const { return request_.is_short; }
    JobEnd ended() const { return end_; }

private:
    /// One index leaf of the current partition. @return  whether the frame is full.
    bool walk_leaf(Buffer& out, size_t size_max, uint64_t records_max);
    expr::Trilean check_metadata(const record::Head& record, bool whole);
    bool passes(const record::Head& record);
    void append_record(Buffer& out, const record::Head& record);
    bool append_bins(wire::UnitWriter& unit, const record::Head& record);
    void next_partition();
    void finish(Buffer& out, ResultCode code, JobEnd end);

    partition::Namespace& ns_;
    txn::Worker& worker_;
    const Request request_;  // its views point into the frame
    const bool respond_all_;
    const partition::SetId set_;
    const std::shared_ptr<Job> job_;
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
