#pragma once
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/backup/asb_reader.h"
#include "common/backup/coding.h"
#include "common/client/connection.h"
#include "common/client/request.h"
#include "node/backup/store.h"
#include "node/tools/session.h"

namespace cairn::backup {

/// How a backup is brought back.
struct RestoreOptions {
    std::string ns;                     // where to; empty: where it came from
    std::vector<std::string> sets;      // only these; empty: all
    std::vector<std::string> bins;      // only these; empty: all
    client::Exists exists = client::Exists::any;
    bool check_generation = true;       // a record with a newer or equal generation stays
    bool no_records = false;
    bool no_indexes = false;
    bool no_modules = false;
    bool ignore_record_errors = false;  // go on after a record that the server refuses
    size_t parallel = 4;                // files read at once
    size_t window = 256;                // records under way, of each file
    uint32_t records_per_second = 0;    // 0: no limit
    uint32_t tries_max = 10;            // of one record while the server is overloaded
    Coding coding = {};                 // of the files
    bool verify = false;                // reads the backup, and speaks with no server
};

struct RestoreProgress {
    uint64_t files = 0;
    uint64_t files_wanted = 0;
    uint64_t bytes = 0;
    uint64_t records = 0;   // in the backup, of the sets wanted
    uint64_t written = 0;
    uint64_t expired = 0;   // their time had come: not written
    uint64_t fresher = 0;   // the server's is as new or newer
    uint64_t existed = 0;   // --unique, and there was one
    uint64_t missing = 0;   // replace-only, and there was none
    uint64_t refused = 0;
    uint64_t tried_again = 0;
    size_t indexes = 0;
    size_t modules = 0;
    size_t indexes_there = 0;  // indexes that the server had already
};

/// One run of a restore, or the reading of a backup (`verify`). Used on one loop.
class RestoreJob {
public:
    /// @param session  to any node of the cluster; outlives the job, as `source` does.
    RestoreJob(runtime::Loop& loop, RestoreOptions options, Source& source, ctl::Session& session);
    ~RestoreJob();

    /// Ends the run early, as an error. What was written stays; the same restore can be begun anew.
    void interrupt() { interrupted_ = true; }
    /// @error  what stopped it, in one sentence with file and byte.
    runtime::Task<Result<void>> run();
    const RestoreProgress& progress() const { return progress_; }
    /// Why records were refused: the first reason.
    const std::string& refusal() const { return refusal_; }

private:
    struct Reading;
    struct Pending;

    runtime::Task<Result<void>> connect();
    runtime::Task<void> work();
    runtime::Task<Result<void>> restore_file(std::string name);
    /// More of the file for the reader. @return  false: there is no more.
    Result<bool> read_more(InputFile& file, Reading& reading);
    runtime::Task<Result<void>> restore(Entry entry, Reading& reading);
    runtime::Task<Result<void>> create(IndexDefinition index);
    runtime::Task<Result<void>> create(Module module);
    runtime::Task<Result<void>> write(StoredRecord stored, Reading& reading);
    runtime::Task<void> keep_rate();
    void send(std::shared_ptr<Pending> pending);
    void on_answer(std::shared_ptr<Pending> pending, Result<client::Record> answer);
    void ended(Reading& reading);
    bool stopping() const { return interrupted_ || !error_.empty(); }

    runtime::Loop& loop_;
    const RestoreOptions options_;
    Source& source_;
    ctl::Session& session_;
    std::deque<std::string> files_;
    std::vector<std::unique_ptr<client::Connection>> connections_;  // one to each node
    std::vector<size_t> master_;  // by partition: index of the connection; none: connections_.size()
    std::string ns_;              // of master_
    RestoreProgress progress_;
    std::string error_;
    std::string refusal_;
    bool interrupted_ = false;
    Instant began_{};
};

}  // namespace cairn::backup
