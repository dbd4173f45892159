#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"

namespace cairn::query {

enum class JobKind : uint8_t { basic, background_ops, background_udf };
enum class JobEnd : uint8_t { active, ok, aborted, failed, abandoned, timed_out };

/// What is told of one scan or query, while it runs and some time after. The job's worker writes, anyone reads.
struct Job {
    // Fixed when the job starts.
    uint64_t id = 0;
    JobKind kind = JobKind::basic;
    std::string ns;
    std::string set;
    std::string index;  // of a query over a secondary index: its name
    std::string from;  // "address+port": ':' separates fields where this is printed
    uint32_t partitions_requested = 0;  // by id
    uint32_t positions_requested = 0;   // by digest
    uint32_t records_per_second = 0;
    uint32_t socket_timeout_ms = 0;
    Instant started{};

    std::atomic<uint32_t> partitions_done{0};
    std::atomic<uint32_t> partitions_total{0};
    std::atomic<uint64_t> records_succeeded{0};
    std::atomic<uint64_t> records_failed{0};
    std::atomic<uint64_t> records_throttled{0};
    std::atomic<uint64_t> records_filtered_meta{0};
    std::atomic<uint64_t> records_filtered_bins{0};
    std::atomic<uint64_t> net_bytes{0};
    std::atomic<JobEnd> end{JobEnd::active};
    std::atomic<Duration::rep> ended_ns{0};
    std::atomic<bool> abort_asked{false};

    bool active() const { return end.load(std::memory_order_acquire) == JobEnd::active; }
};

/// All jobs of a node: those running and the last ones done. Used by every worker, so it has a lock; a job enters it
/// twice in its life.
class Monitor {
public:
    /// @param done_max  finished jobs remembered (`query-max-done`).
    explicit Monitor(size_t done_max) : done_max_(done_max) {}
    void set_done_max(size_t done_max);

    /// Lists a new job.
    /// @error parameter  a job with this id is active.
    /// @error forbidden  as many are active as may be.
    ResultCode add(const std::shared_ptr<Job>& job, size_t active_max);
    void finish(const std::shared_ptr<Job>& job, JobEnd end, Instant now);

    std::vector<std::shared_ptr<const Job>> all() const;
    std::shared_ptr<const Job> find(uint64_t id) const;
    /// @return  whether an active job of this id was told to end.
    bool abort(uint64_t id);
    /// @return  how many were told.
    size_t abort_all();
    size_t active_count() const;

private:
    mutable std::mutex mutex_;  // guards the others
    std::vector<std::shared_ptr<Job>> active_;
    std::deque<std::shared_ptr<Job>> done_;
    size_t done_max_;
};

}  // namespace cairn::query
