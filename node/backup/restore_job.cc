#include "node/backup/restore_job.h"

#include <algorithm>

#include "node/backup/all_of.h"
#include "node/backup/definitions.h"
#include "node/tools/await.h"

namespace cairn::backup {
namespace {

using runtime::Task;

constexpr size_t kReadBytes = 256 << 10;
constexpr size_t kDecodeBytes = 4 << 10;  // at once: compressed, they may stand for 30,000 times as many
constexpr Duration kRetryPause = 20ms;
constexpr uint32_t kNever = ~0u;  // as a time to live

/// Answers after which the same write may succeed: the server has no room or no time now.
bool passes(ResultCode code) {
    return code == ResultCode::device_overload || code == ResultCode::key_busy || code == ResultCode::timeout ||
           code == ResultCode::unavailable;
}

bool has(const std::vector<std::string>& names, const std::string& name) {
    return names.empty() || std::ranges::find(names, name) != names.end();
}

}  // namespace

/// A file being restored.
struct RestoreJob::Reading {
    Reading(std::string file, const Coding& coding) : name(std::move(file)), decoder(coding), chunk(kReadBytes) {}
    const std::string name;
    Decoder decoder;
    std::vector<uint8_t> chunk;
    Bytes undecoded = {};  // of the chunk
    Buffer text;
    bool ended = false;
    AsbReader reader;
    size_t under_way = 0;
    size_t resume_at = 0;  // records under way at which the reader goes on
    std::move_only_function<void(bool)> resume;  // set while it waits
};

/// A record being written.
struct RestoreJob::Pending {
    Reading& reading;
    PartitionId partition;
    Buffer frame;
    uint32_t tries = 0;
    std::unique_ptr<runtime::Timer> pause = nullptr;
};

RestoreJob::RestoreJob(runtime::Loop& loop, RestoreOptions options, Source& source, ctl::Session& session)
    : loop_(loop), options_(std::move(options)), source_(source), session_(session) {}

RestoreJob::~RestoreJob() = default;

Task<Result<void>> RestoreJob::run() {
    began_ = loop_.clock().now();
    const auto names = source_.list();
    if (!names) co_return std::unexpected(names.error());
    if (names->empty()) co_return fail("there are no backup files");
    files_.assign(names->begin(), names->end());
    progress_.files_wanted = files_.size();
    std::vector<Task<void>> workers;
    for (size_t i = 0; i < std::min(options_.parallel, files_.size()); ++i) workers.push_back(work());
    co_await all_of(loop_, std::move(workers));
    if (interrupted_) co_return fail("interrupted");
    if (!error_.empty()) co_return fail(error_);
    co_return Result<void>();
}

Task<void> RestoreJob::work() {
    while (!files_.empty() && !stopping()) {
        auto name = std::move(files_.front());
        files_.pop_front();
        auto done = co_await restore_file(std::move(name));
        if (!done && error_.empty()) error_ = done.error().detail;
        if (done) ++progress_.files;
    }
}

Task<Result<void>> RestoreJob::restore_file(std::string name) {
    const auto file = source_.open(name);
    if (!file) co_return std::unexpected(file.error());
    Reading reading(name, options_.coding);
    Result<void> done;
    while (done && !stopping()) {
        auto entry = reading.reader.next();
        if (!entry) {
            done = fail(name + ", " + entry.error().detail);
        } else if (*entry) {
            done = co_await restore(std::move(**entry), reading);
        } else {
            const bool reads = reading.undecoded.empty();
            const auto more = read_more(**file, reading);
            if (!more) done = std::unexpected(more.error());
            if (more && !*more) break;
            // Reading blocks the loop: let the answers in.
            if (reads) co_await session_.sleep(Duration::zero());
        }
    }
    if (reading.under_way > 0) {
        reading.resume_at = 0;
        const auto wait = [&](auto resume) { reading.resume = std::move(resume); };
        (void)co_await ctl::until_done<bool>(wait);
    }
    co_return done;
}

Result<bool> RestoreJob::read_more(InputFile& file, Reading& reading) {
    if (reading.ended) return false;
    if (reading.undecoded.empty()) {
        const auto size = file.read(reading.chunk);
        if (!size) return std::unexpected(size.error());
        progress_.bytes += *size;
        reading.undecoded = Bytes(reading.chunk).first(*size);
        reading.ended = *size == 0;
    }
    reading.text.clear();
    const Bytes piece = reading.undecoded.first(std::min(reading.undecoded.size(), kDecodeBytes));
    reading.undecoded = reading.undecoded.subspan(piece.size());
    const auto decoded = reading.ended ? reading.decoder.end(reading.text) : reading.decoder.add(piece, reading.text);
    if (!decoded) return fail(reading.name + ": " + decoded.error().detail);
    reading.reader.add(reading.text.bytes());
    if (reading.ended) reading.reader.add_end();
    return true;
}

Task<Result<void>> RestoreJob::restore(Entry entry, Reading& reading) {
    if (auto* index = std::get_if<IndexDefinition>(&entry)) {
        ++progress_.indexes;
        if (options_.no_indexes || options_.verify) co_return Result<void>();
        co_return co_await create(std::move(*index));
    }
    if (auto* module = std::get_if<Module>(&entry)) {
        ++progress_.modules;
        if (options_.no_modules || options_.verify) co_return Result<void>();
        co_return co_await create(std::move(*module));
    }
    auto& stored = std::get<StoredRecord>(entry);
    if (!has(options_.sets, stored.record.set)) co_return Result<void>();
    ++progress_.records;
    if (options_.no_records || options_.verify) co_return Result<void>();
    co_return co_await write(std::move(stored), reading);
}

Task<Result<void>> RestoreJob::create(IndexDefinition index) {
    const auto command = create_command(index, options_.ns);
    auto answer = co_await session_.info(std::vector<std::string>(1, command));
    if (!answer) co_return std::unexpected(answer.error());
    const auto& value = answer->front();
    if (!client::is_info_error(value)) co_return Result<void>();
    if (value.contains("200") || value.contains("already exists")) {
        ++progress_.indexes_there;
        co_return Result<void>();
    }
    co_return fail("index " + index.name + " was refused: " + ctl::refusal(value));
}

Task<Result<void>> RestoreJob::create(Module module) {
    auto answer = co_await session_.info(std::vector<std::string>(1, put_command(module)));
    if (!answer) co_return std::unexpected(answer.error());
    if (client::is_info_error(answer->front()) || answer->front().starts_with("error"))
        co_return fail("module " + module.name + " was refused: " + ctl::refusal(answer->front()));
    co_return Result<void>();
}

Task<Result<void>> RestoreJob::write(StoredRecord stored, Reading& reading) {
    auto& record = stored.record;
    const uint32_t now = loop_.clock().epoch_s();
    if (record.void_time != 0 && record.void_time <= now) {
        ++progress_.expired;
        co_return Result<void>();
    }
    if (!options_.ns.empty()) stored.ns = options_.ns;
    if (ns_ != stored.ns) {
        if (!ns_.empty())
            co_return fail(reading.name + " holds records of several namespaces: " + ns_ + ", " + stored.ns);
        ns_ = stored.ns;
        if (const auto connected = co_await connect(); !connected) co_return connected;
    }
    while (connections_.empty()) {  // another file is connecting
        if (stopping()) co_return Result<void>();
        co_await session_.sleep(kRetryPause);
    }
    std::erase_if(record.bins, [&](const client::Bin& bin) {
        return bin.value.type == wire::Particle::null || !has(options_.bins, bin.name);
    });
    client::WriteOptions write;
    write.exists = options_.exists;
    write.ttl = record.void_time == 0 ? kNever : record.void_time - now;
    if (options_.check_generation && options_.exists != client::Exists::create_only) {
        write.generation = static_cast<uint16_t>(record.generation);
        write.generation_greater = true;
    }
    if (record.key) write.key = &*record.key;
    auto pending = std::make_shared<Pending>(Pending{reading, record.digest.partition(), {}});
    client::append_put(pending->frame, {stored.ns, record.set, record.digest}, record.bins, write);
    ++reading.under_way;
    send(std::move(pending));
    if (reading.under_way >= options_.window) {
        reading.resume_at = options_.window / 2;
        const auto wait = [&](auto resume) { reading.resume = std::move(resume); };
        (void)co_await ctl::until_done<bool>(wait);
    }
    co_await keep_rate();
    co_return Result<void>();
}

Task<Result<void>> RestoreJob::connect() {
    const auto holders = co_await session_.holders(ns_);
    if (!holders) co_return std::unexpected(holders.error());
    std::vector<std::unique_ptr<client::Connection>> opened;
    master_.assign(kPartitionCount, holders->size());
    for (const auto* node : *holders) {
        using Opened = Result<std::unique_ptr<client::Connection>>;
        const auto start = [&](auto done) { client::connect(loop_, node->at, session_.timeout(), std::move(done)); };
        Opened connection = co_await ctl::until_done<Opened>(start);
        if (!connection) co_return fail("node " + node->at.text() + ": " + connection.error().detail);
        const auto& masters = node->view.namespaces.find(ns_)->second.columns[0];
        for (uint32_t id = 0; id < kPartitionCount; ++id) {
            if (masters[id]) master_[id] = opened.size();
        }
        opened.push_back(std::move(*connection));
    }
    connections_ = std::move(opened);
    co_return Result<void>();
}

void RestoreJob::send(std::shared_ptr<Pending> pending) {
    const size_t to = master_[pending->partition];
    if (to == connections_.size()) {
        if (error_.empty()) error_ = "partition " + std::to_string(pending->partition) + " has no master now";
        return ended(pending->reading);
    }
    const Bytes frame = pending->frame.bytes();
    ++pending->tries;
    connections_[to]->send(frame, [this, pending](Result<client::Record> answer) mutable {
        on_answer(std::move(pending), std::move(answer));
    });
}

void RestoreJob::on_answer(std::shared_ptr<Pending> pending, Result<client::Record> answer) {
    Reading& reading = pending->reading;
    if (!answer) {
        if (error_.empty()) error_ = reading.name + ": " + answer.error().detail;
        return ended(reading);
    }
    if (passes(answer->result) && pending->tries < options_.tries_max && !stopping()) {
        ++progress_.tried_again;
        pending->pause = loop_.make_timer();
        auto& timer = *pending->pause;
        const auto tries = static_cast<int64_t>(pending->tries);
        timer.arm(kRetryPause * tries * tries, [this, pending = std::move(pending)] { send(pending); });
        return;
    }
    switch (answer->result) {
        case ResultCode::ok: ++progress_.written; break;
        case ResultCode::generation: ++progress_.fresher; break;
        case ResultCode::record_exists: ++progress_.existed; break;
        case ResultCode::not_found: ++progress_.missing; break;
        default:
            if (progress_.refused++ == 0) refusal_ = ctl::describe(answer->result);
            if (!options_.ignore_record_errors && error_.empty())
                error_ = reading.name + ": a record was refused: " + refusal_;
    }
    ended(reading);
}

void RestoreJob::ended(Reading& reading) {
    --reading.under_way;
    if (reading.resume && reading.under_way <= reading.resume_at) std::exchange(reading.resume, nullptr)(true);
}

Task<void> RestoreJob::keep_rate() {
    if (options_.records_per_second == 0 || progress_.records % 64 != 0) co_return;
    const double due_s = static_cast<double>(progress_.records) / options_.records_per_second;
    const auto due = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(due_s));
    const Duration early = due - (loop_.clock().now() - began_);
    if (early > Duration::zero()) co_await session_.sleep(early);
}

}  // namespace cairn::backup
