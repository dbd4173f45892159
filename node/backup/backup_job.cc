#include "node/backup/backup_job.h"

#include <algorithm>
#include <cstdio>

#include "common/backup/asb_writer.h"
#include "common/client/request.h"
#include "node/backup/all_of.h"
#include "node/backup/definitions.h"
#include "node/backup/local_store.h"
#include "node/tools/await.h"
#include "node/tools/scan_stream.h"

namespace cairn::backup {
namespace {

using runtime::Task;

constexpr size_t kChunkPartitions = 16;      // of one scan: what is done again after a failure
constexpr size_t kFlushBytes = 128 << 10;
constexpr Duration kSaveEvery = 10s;
constexpr Duration kRoundPause = 1s;

}  // namespace

/// One file being written, by one worker or, where there is only one file, by all.
struct BackupJob::Lane {
    std::unique_ptr<OutputFile> file;
    size_t number = 0;  // in the state's list
    uint64_t bytes = 0;  // written to the file
    Buffer text;         // not written yet
    std::optional<Encoder> encoder;  // none: the file is the text
    Buffer encoded;
};

BackupJob::BackupJob(runtime::Loop& loop, BackupOptions options, Sink& sink, MakeSession make_session)
    : loop_(loop),
      options_(std::move(options)),
      sink_(sink),
      make_session_(std::move(make_session)),
      filter_(scan_filter(options_.plan)) {}

BackupJob::~BackupJob() = default;

Task<Result<void>> BackupJob::run() {
    auto done = co_await perform();
    if (done || !sink_.keeps_files() || !sink_error_.empty() || !state_.definitions_done) co_return done;
    auto kept = sync_all();
    if (kept) kept = sink_.put(kStateFile, state_.json());
    if (!kept) co_return fail(done.error().detail + "; and to go on from here is not possible: " + kept.error().detail);
    co_return fail(done.error().detail + "; --resume goes on from here");
}

Task<Result<void>> BackupJob::perform() {
    const auto& plan = options_.plan;
    began_ = saved_ = loop_.clock().now();
    progress_.partitions_wanted = plan.no_records ? 0 : plan.part.partitions.count();
    session_ = make_session_();
    if (const auto known = co_await session_->holders(plan.ns); !known) co_return std::unexpected(known.error());
    if (const auto opened = open_sink(); !opened) co_return opened;
    if (!state_.definitions_done) {
        const auto written = co_await write_definitions();
        if (!written) co_return written;
    }
    for (uint32_t looks = 0; progress_.partitions_done < progress_.partitions_wanted; ++looks) {
        if (looks == options_.rounds_max) {
            co_return fail(std::to_string(progress_.partitions_wanted - progress_.partitions_done) +
                           " partitions could not be read: " + scan_error_);
        }
        if (looks != 0) {
            co_await session_->sleep(kRoundPause);
            session_ = make_session_();
        }
        const auto done = co_await round();
        if (!sink_error_.empty()) co_return fail(sink_error_);
        if (interrupted_) co_return fail("interrupted");
        if (!done) scan_error_ = done.error().detail;
    }
    if (auto synced = sync_all(); !synced) co_return synced;
    if (sink_.keeps_files()) {
        const auto removed = sink_.remove(kStateFile);
        if (!removed && removed.error().code != ResultCode::not_found) co_return removed;
    }
    co_return Result<void>();
}

/// What a run must have in common with the one that it goes on from.
std::string BackupJob::identity() const {
    const Coding& coding = options_.coding;
    std::string text = options_.plan.text() + ";compress=" + (coding.zstd ? "zstd" : "") + ";encrypt=";
    if (coding.key) text += std::to_string(static_cast<int>(coding.key->kind()) * 8) + ":" + coding.key->fingerprint();
    return text;
}

Result<void> BackupJob::open_sink() {
    state_.plan = identity();
    if (!sink_.keeps_files()) return {};
    const auto there = sink_.list();
    if (!there) return std::unexpected(there.error());
    const auto json = sink_.get(kStateFile);
    if (!json && json.error().code != ResultCode::not_found) return std::unexpected(json.error());
    if (options_.resume) {
        if (!json) return fail("--resume: there is no unfinished backup in this directory");
        auto state = BackupState::parse(*json);
        if (!state) return std::unexpected(state.error());
        if (state->plan != identity()) return fail("--resume: the backup was begun with other options");
        state_ = std::move(*state);
        files_made_ = state_.files.size();
        progress_.files = state_.files.size();
        for (const auto& file : state_.files) progress_.bytes += file.bytes;
        progress_.partitions_done = (state_.done & options_.plan.part.partitions).count();
        for (const auto& file : state_.files) {  // what was written after the state was saved is written again
            if (auto cut = sink_.resume(file.name, file.bytes); !cut) return std::unexpected(cut.error());
        }
        return {};
    }
    if (!options_.remove_files && (!there->empty() || json))
        return fail("the directory holds a backup already: --remove-files removes it, --resume goes on with it");
    for (const auto& name : *there) {
        if (auto removed = sink_.remove(name); !removed) return removed;
    }
    return {};
}

Task<Result<void>> BackupJob::write_definitions() {
    Lane& lane = lane_of(0);
    if (auto begun = begin_file(lane); !begun) co_return begun;
    const auto& plan = options_.plan;
    if (!plan.no_indexes) {
        const auto list = co_await session_->info("sindex-list:namespace=" + plan.ns + ";b64=true");
        if (!list) co_return std::unexpected(list.error());
        const auto indexes = parse_index_list(*list);
        if (!indexes) co_return std::unexpected(indexes.error());
        for (const auto& index : *indexes) append_index(lane.text, index);
        progress_.indexes = indexes->size();
    }
    if (!plan.no_modules) {
        const auto list = co_await session_->info("udf-list");
        if (!list) co_return std::unexpected(list.error());
        for (const auto& name : parse_module_list(*list)) {
            const auto value = co_await session_->info("udf-get:filename=" + name);
            if (!value) co_return std::unexpected(value.error());
            const auto module = parse_module(name, *value);
            if (!module) co_return std::unexpected(module.error());
            append_module(lane.text, *module);
            ++progress_.modules;
        }
    }
    state_.definitions_done = true;
    co_return flush(lane);
}

/// One look at the cluster: what each node is master of now, and is not done, is scanned.
Task<Result<void>> BackupJob::round() {
    const auto holders = co_await session_->holders(options_.plan.ns);
    if (!holders) co_return std::unexpected(holders.error());
    const Part& part = options_.plan.part;
    const Partitions missing = part.partitions & ~state_.done;
    std::vector<Node> nodes;
    for (const auto* holder : *holders) {
        Node& node = nodes.emplace_back();
        node.at = holder->at;
        const auto& master = holder->view.namespaces.find(options_.plan.ns)->second.columns[0];
        for (uint32_t id = 0; id < kPartitionCount; ++id) {
            if (!missing[id] || !master[id]) continue;
            if (node.chunks.empty() || node.chunks.back().size() == kChunkPartitions) node.chunks.emplace_back();
            const auto after = std::ranges::find(part.after, id, &Digest::partition);
            if (after != part.after.end()) {
                node.chunks.back().after.push_back(*after);
            } else {
                node.chunks.back().partitions.push_back(static_cast<PartitionId>(id));
            }
        }
    }
    std::vector<Task<void>> workers;
    for (Node& node : nodes) {
        for (size_t i = 0; i < std::min(options_.parallel, node.chunks.size()); ++i)
            workers.push_back(work(node, lane_of(workers.size())));
    }
    if (workers.empty()) co_return fail("nobody is master of what is missing");
    co_await all_of(loop_, std::move(workers));
    co_return Result<void>();
}

Task<void> BackupJob::work(Node& node, Lane& lane) {
    while (!node.chunks.empty() && !stopping()) {
        const auto chunk = std::move(node.chunks.front());
        node.chunks.pop_front();
        std::vector<std::string> sets = options_.plan.sets;
        if (sets.empty()) sets.emplace_back();
        Result<void> done;
        for (const auto& set : sets) {
            done = co_await scan(node, chunk, set, lane);
            if (!done || stopping()) break;
        }
        if (stopping()) co_return;
        if (!done) {
            scan_error_ = done.error().detail;
            co_return;  // the others of this node try on; the next round gives it another chance
        }
        for (const PartitionId id : chunk.partitions) state_.done.set(id);
        for (const Digest& digest : chunk.after) state_.done.set(digest.partition());
        progress_.partitions_done += chunk.size();
        if (auto saved = save_state(); !saved) sink_error_ = saved.error().detail;
        co_await keep_rate();
    }
}

Task<Result<void>> BackupJob::scan(Node& node, const Chunk& chunk, const std::string& set, Lane& lane) {
    const auto& plan = options_.plan;
    const std::vector<std::string_view> bins(plan.bins.begin(), plan.bins.end());
    client::Scan request;
    request.ns = plan.ns;
    request.set = set;
    request.partitions = chunk.partitions;
    request.resume_after = chunk.after;
    request.bins = bins;
    request.no_bins = plan.no_bins;
    request.records_per_second = options_.records_per_second;
    request.filter = filter_.bytes();
    Buffer frame;
    client::append_scan(frame, request);

    using Opened = Result<std::unique_ptr<runtime::Socket>>;
    const auto connect = [&](auto done) { loop_.connect(node.at, std::move(done)); };
    Opened socket = co_await ctl::until_done<Opened>(connect);
    if (!socket) co_return fail("node " + node.at.text() + ": " + socket.error().detail);
    std::unique_ptr<ctl::ScanStream> stream;
    const auto start = [&](auto done) {
        stream = std::make_unique<ctl::ScanStream>(
            loop_, std::move(*socket), frame.bytes(), session_->timeout(),
            [&](const client::Record& record) { take(record, lane); }, std::move(done));
    };
    const auto done = co_await ctl::until_done<Result<void>>(start);
    if (!done) co_return fail("node " + node.at.text() + ": " + done.error().detail);
    co_return Result<void>();
}

void BackupJob::take(const client::Record& record, Lane& lane) {
    if (stopping()) return;  // the scan is of no use any more, and ends soon
    if (lane.file == nullptr || lane.bytes + lane.text.size() >= options_.file_bytes_max) {
        if (auto begun = begin_file(lane); !begun) {
            sink_error_ = begun.error().detail;
            return;
        }
    }
    if (const auto done = append_record(lane.text, options_.plan.ns, record); !done) {
        if (progress_.left_out++ == 0) left_out_reason_ = done.error().detail;
        return;
    }
    ++progress_.records;
    if (lane.text.size() < kFlushBytes) return;
    if (auto written = flush(lane); !written) sink_error_ = written.error().detail;
}

BackupJob::Lane& BackupJob::lane_of(size_t worker) {
    const size_t index = sink_.keeps_files() ? worker : 0;
    while (lanes_.size() <= index) lanes_.push_back(std::make_unique<Lane>());
    return *lanes_[index];
}

Result<void> BackupJob::begin_file(Lane& lane) {
    if (lane.file != nullptr) {
        if (!sink_.keeps_files()) return {};
        if (auto done = flush(lane, true); !done) return done;
        if (auto done = lane.file->sync(); !done) return done;
    }
    char number[16];
    std::snprintf(number, sizeof(number), "_%05zu", files_made_++);
    const std::string name = options_.plan.ns + number + std::string(kFileEnd);
    auto file = sink_.create(name);
    if (!file) return std::unexpected(file.error());
    lane.file = std::move(*file);
    lane.bytes = 0;
    if (const Coding& coding = options_.coding; !coding.plain())
        lane.encoder.emplace(coding, coding.key ? options_.new_vector() : InitialVector{});
    lane.number = state_.files.size();
    state_.files.push_back({name});
    ++progress_.files;
    append_head(lane.text, options_.plan.ns, lane.number == 0);
    return {};
}

Result<void> BackupJob::flush(Lane& lane, bool whole) {
    if (lane.file == nullptr) return {};
    Bytes ready = lane.text.bytes();
    if (lane.encoder) {
        lane.encoded.clear();
        lane.encoder->add(ready, lane.encoded);
        if (whole) lane.encoder->end(lane.encoded);
        ready = lane.encoded.bytes();
    }
    if (auto done = lane.file->write(ready); !done) return done;
    lane.bytes += ready.size();
    progress_.bytes += ready.size();
    state_.files[lane.number].bytes = lane.bytes;
    lane.text.clear();
    return {};
}

Result<void> BackupJob::sync_all() {
    for (const auto& lane : lanes_) {
        if (auto done = flush(*lane, true); !done) return done;
        if (lane->file == nullptr) continue;
        if (auto done = lane->file->sync(); !done) return done;
    }
    return {};
}

Result<void> BackupJob::save_state() {
    if (!sink_.keeps_files() || loop_.clock().now() - saved_ < kSaveEvery) return {};
    saved_ = loop_.clock().now();
    if (auto done = sync_all(); !done) return done;
    return sink_.put(kStateFile, state_.json());
}

Task<void> BackupJob::keep_rate() {
    if (options_.bytes_per_second == 0) co_return;
    uint64_t made = progress_.bytes;  // what is not written yet was read all the same
    for (const auto& lane : lanes_) made += lane->text.size();
    const double due_s = static_cast<double>(made) / static_cast<double>(options_.bytes_per_second);
    const auto due = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(due_s));
    const Duration early = due - (loop_.clock().now() - began_);
    if (early > Duration::zero()) co_await session_->sleep(early);
}

}  // namespace cairn::backup
