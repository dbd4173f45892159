#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/backup/coding.h"
#include "common/runtime/task_group.h"
#include "node/backup/plan.h"
#include "node/backup/store.h"
#include "node/tools/session.h"

namespace cairn::backup {

/// How a backup is taken.
struct BackupOptions {
    BackupPlan plan;
    Coding coding = {};                // of all files
    InitialVector (*new_vector)() = nullptr;  // needed with a key
    size_t parallel = 4;               // scans of one node at once
    uint32_t records_per_second = 0;   // of each scan; 0: no limit
    uint64_t bytes_per_second = 0;     // of the backup; 0: no limit
    uint64_t file_bytes_max = 250ull << 20;
    uint32_t rounds_max = 5;           // looks at the cluster, as long as partitions are missing
    bool resume = false;
    bool remove_files = false;
};

struct BackupProgress {
    uint64_t records = 0;
    uint64_t bytes = 0;
    uint64_t left_out = 0;  // records that the format has no form for
    size_t files = 0;
    size_t indexes = 0;
    size_t modules = 0;
    size_t partitions_done = 0;
    size_t partitions_wanted = 0;
};

/// One run of a backup, over all nodes at once. Used on one loop.
class BackupJob {
public:
    /// Makes a session that has asked nobody anything yet: each look at the cluster takes a new one.
    using MakeSession = std::function<std::unique_ptr<ctl::Session>()>;

    BackupJob(runtime::Loop& loop, BackupOptions options, Sink& sink, MakeSession make_session);
    ~BackupJob();

    /// Ends the run early, as an error that can be gone on from.
    void interrupt() { interrupted_ = true; }
    /// @return  when everything is in the sink, durable.
    /// @error   what is missing, in one sentence; where the sink keeps files, a run with `resume` goes on from here.
    runtime::Task<Result<void>> run();
    const BackupProgress& progress() const { return progress_; }
    /// Why records were left out: the first reason.
    const std::string& left_out_reason() const { return left_out_reason_; }

private:
    struct Lane;
    /// Partitions of one scan: from their beginning, or after a digest.
    struct Chunk {
        std::vector<PartitionId> partitions;
        std::vector<Digest> after;
        size_t size() const { return partitions.size() + after.size(); }
    };
    struct Node {
        runtime::Endpoint at;
        std::deque<Chunk> chunks;
    };

    runtime::Task<Result<void>> perform();
    Result<void> open_sink();
    runtime::Task<Result<void>> write_definitions();
    runtime::Task<Result<void>> round();
    runtime::Task<void> work(Node& node, Lane& lane);
    runtime::Task<Result<void>> scan(Node& node, const Chunk& chunk, const std::string& set, Lane& lane);
    std::string identity() const;
    runtime::Task<void> keep_rate();
    Lane& lane_of(size_t worker);
    Result<void> begin_file(Lane& lane);
    /// @param whole  what is in the file then can be read without what follows.
    Result<void> flush(Lane& lane, bool whole = false);
    Result<void> sync_all();
    Result<void> save_state();
    bool stopping() const { return interrupted_ || !sink_error_.empty(); }
    void take(const client::Record& record, Lane& lane);

    runtime::Loop& loop_;
    const BackupOptions options_;
    Sink& sink_;
    const MakeSession make_session_;
    Buffer filter_;
    std::unique_ptr<ctl::Session> session_;
    BackupState state_;
    BackupProgress progress_;
    std::vector<std::unique_ptr<Lane>> lanes_;
    size_t files_made_ = 0;
    std::string left_out_reason_;
    std::string scan_error_;  // the last; the reason when a partition stays missing
    std::string sink_error_;  // ends the run
    bool interrupted_ = false;
    Instant began_{};
    Instant saved_{};
};

}  // namespace cairn::backup
