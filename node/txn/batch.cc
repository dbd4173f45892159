#include "node/txn/batch.h"

#include <array>
#include <optional>

#include "common/wire/encode.h"
#include "node/partition/prefetch.h"

namespace cairn::txn {
namespace {

using wire::FieldType;

constexpr uint8_t kRepeat = 0x01, kInfo = 0x02, kGeneration = 0x04, kTtl = 0x08, kInfo4 = 0x10;
constexpr uint8_t kRespondAllKeys = 0x04, kReportErrorRecord = 0x08;
constexpr size_t kRowHead = 4 + Digest::kSize;
constexpr size_t kFrameBytes = 128u << 10;    // a reply frame is closed from here on
constexpr Duration kTurn = 2ms;                 // calls of functions go on so long in one step
constexpr uint8_t kScBits = wire::info3::sc_read_type | wire::info3::sc_read_relax;

/// Takes a big-endian number off the front.
template <class T>
bool take(Bytes& bytes, T& value) {
    if (bytes.size() < sizeof(T)) return false;
    value = load_be<T>(bytes.data());
    bytes = bytes.subspan(sizeof(T));
    return true;
}

}  // namespace

ResultCode Batch::begin(const wire::Message& message, const FindNamespace& find, uint32_t requests_max) {
    find_ = &find;
    header_ = message.header;
    has_filter_ = message.fields.has(FieldType::filter);
    filter_ = message.fields[FieldType::filter];
    if (has_filter_) {
        compiled_source_ = filter_;
        compiled_.compile(filter_);
        if (compiled_.code != ResultCode::ok) return compiled_.code;
    }
    const FieldType type = message.fields.has(FieldType::batch) ? FieldType::batch : FieldType::batch_with_set;
    Bytes rows = message.fields[type];
    if (!take(rows, row_count_) || !take(rows, flags_) || row_count_ == 0) return ResultCode::parameter;
    if (requests_max != 0 && row_count_ > requests_max) return ResultCode::batch_max_requests;

    rest_ = rows;
    rows_left_ = row_count_;
    FullRow full;
    bool any = false;
    for (uint32_t i = 0; i < row_count_; ++i) {
        Row row{};
        bool repeats = false;
        if (!parse_row(rows, row, full, repeats)) return ResultCode::parameter;
        if (repeats && (!any || full.has_key)) return ResultCode::parameter;
        if (!any) first_ns_ = full.ns;
        any = true;
    }
    return ResultCode::ok;
}

bool Batch::parse_row(Bytes& rest, Row& row, FullRow& full, bool& repeats) const {
    if (!take(rest, row.index) || rest.size() < Digest::kSize + 1) return false;
    row.digest = Digest::from(rest.data());
    const uint8_t flags = rest[Digest::kSize];
    repeats = (flags & kRepeat) != 0;
    if (repeats) {
        rest = rest.subspan(Digest::kSize + 1);
        return true;
    }
    rest = rest.subspan(Digest::kSize);
    const Bytes from = rest;
    if (!parse_full(rest, full, row)) return false;
    full.text = from.first(from.size() - rest.size());
    return true;
}

bool Batch::parse_full(Bytes& rest, FullRow& full, Row& row) const {
    uint8_t flags = 0;
    uint16_t field_count = 0;
    uint16_t op_count = 0;
    wire::MessageHeader& header = full.header;
    header = {};
    header.timeout_ms = header_.timeout_ms;
    header.info3 = header_.info3 & kScBits;
    if (!take(rest, flags) || !take(rest, header.info1)) return false;
    header.info1 &= uint8_t(~(wire::info1::compress_response | wire::info1::xdr | wire::info1::batch));
    if ((flags & kInfo) != 0 && !(take(rest, header.info2) && take(rest, header.info3))) return false;
    if ((flags & kInfo4) != 0 && !take(rest, header.info4)) return false;
    uint16_t generation = 0;
    if ((flags & kGeneration) != 0 && !take(rest, generation)) return false;
    header.generation = generation;
    if ((flags & kTtl) != 0 && !take(rest, header.record_ttl)) return false;
    if (!take(rest, field_count) || !take(rest, op_count)) return false;
    if (field_count == 0) field_count = 1;  // old clients do not count the namespace
    if (rest.size() < 5 || rest[4] != uint8_t(FieldType::ns)) return false;
    full.fields.clear();
    if (!full.fields.parse(rest, field_count) || !full.ops.parse(rest, op_count)) return false;
    full.ns = (*find_)(full.fields.text(FieldType::ns));
    if (full.ns == nullptr) return false;
    full.has_key = full.fields.has(FieldType::key);
    if (full.fields[FieldType::digest].size() == Digest::kSize) {
        row.digest = Digest::from(full.fields[FieldType::digest].data());
    }
    if (has_filter_ && !full.fields.has(FieldType::filter)) full.fields.set(FieldType::filter, filter_);
    return true;
}

void Batch::next_group() {
    group_.clear();
    group_next_ = 0;
    if (fulls_.size() > 1) {
        fulls_.front() = fulls_[last_full_];
        fulls_.resize(1);
    }
    last_full_ = 0;
    const size_t again = std::min(given_back_.size(), partition::kPrefetchGroup);
    for (const Away& away : std::span(given_back_).first(again)) {
        Row row{.index = away.index, .digest = {}, .full = static_cast<uint32_t>(fulls_.size()), .repeats = false};
        FullRow full;
        Bytes text = away.text;
        CAIRN_CHECK(parse_full(text, full, row));
        full.text = away.text;
        row.digest = away.digest;
        fulls_.push_back(full);
        group_.push_back(row);
    }
    given_back_.erase(given_back_.begin(), given_back_.begin() + static_cast<ptrdiff_t>(again));
    while (rows_left_ != 0 && group_.size() < partition::kPrefetchGroup) {
        Row row{};
        FullRow full;
        bool repeats = false;
        CAIRN_CHECK(parse_row(rest_, row, full, repeats));  // begin() has read them all
        if (!repeats) {
            last_full_ = static_cast<uint32_t>(fulls_.size());
            fulls_.push_back(full);
        }
        row.full = last_full_;
        row.repeats = repeats;
        group_.push_back(row);
        --rows_left_;
    }
    if (group_.size() > 1) prefetch_group();
}

void Batch::prefetch_group() const {
    std::array<partition::Expected, partition::kPrefetchGroup> records;
    for (size_t i = 0; i < group_.size(); ++i) records[i] = {fulls_[group_[i].full].ns, group_[i].digest};
    partition::prefetch(std::span(records).first(group_.size()));
}

bool Batch::stops(ResultCode code) const {
    return (flags_ & kRespondAllKeys) == 0 && code != ResultCode::ok && code != ResultCode::not_found &&
           code != ResultCode::filtered_out;
}

/// Rows that share a filter follow each other: it is compiled once for them.
const Filter* Batch::filter_for(const FullRow& full) {
    if (!full.fields.has(FieldType::filter)) return nullptr;
    const Bytes source = full.fields[FieldType::filter];
    if (source.data() != compiled_source_.data()) {
        compiled_source_ = source;
        compiled_.compile(source);
    }
    return &compiled_;
}

void Batch::note(partition::Namespace& ns, const wire::MessageHeader& header) {
    if (ran_.empty() || ran_.back().ns != &ns) ran_.push_back({&ns, 0, 0});
    ++((header.info2 & wire::info2::write) != 0 ? ran_.back().writes : ran_.back().reads);
}

bool Batch::put_away(const Row& row, const FullRow& full) {
    // The row's own digest field would become that of all who repeat it.
    if (!keeps_away_ || (row.repeats && full.fields.has(FieldType::digest))) return false;
    away_.push_back({row.index, row.digest, full.text, full.ns});
    away_bytes_ += kRowHead + full.text.size();
    return true;
}

std::vector<Batch::Away> Batch::take_away() {
    away_bytes_ = 0;
    return std::exchange(away_, {});
}

void Batch::append_request(Buffer& out, std::span<const Away> rows, uint32_t timeout_ms) const {
    wire::FrameWriter frame(out, wire::FrameType::message);
    wire::UnitWriter unit(out);
    if (has_filter_) unit.field(FieldType::filter, filter_);
    Buffer text;
    store_be(text.append(4), static_cast<uint32_t>(rows.size()));
    *text.append(1) = kRespondAllKeys;
    for (uint32_t i = 0; i < rows.size(); ++i) {
        store_be(text.append(4), i);
        text.append(rows[i].digest.bytes);
        if (i > 0 && rows[i].text.data() == rows[i - 1].text.data()) *text.append(1) = kRepeat;
        else text.append(rows[i].text);
    }
    unit.field(FieldType::batch, text.bytes());
    unit.finish({.info1 = wire::info1::batch, .info3 = uint8_t(header_.info3 & kScBits), .timeout_ms = timeout_ms});
    frame.finish();
}

void Batch::answer(const Away& row, Bytes unit) {
    if (status_ != ResultCode::ok) return;  // a row before it has ended the batch
    uint8_t* const at = answered_.append(unit.size());
    std::ranges::copy(unit, at);
    auto header = wire::MessageHeader::load(at);
    header.timeout_ms = row.index;
    header.store(at);
    if (stops(header.result)) status_ = header.result;
}

void Batch::answer(const Away& row, ResultCode code) {
    std::array<uint8_t, wire::kMessageHeaderSize> unit{};
    wire::MessageHeader{.result = code}.store(unit.data());
    answer(row, unit);
}

/// @return  waiting: it is to be read first; unavailable: not here, and nothing was appended.
ResultCode Batch::run(const Row& row, const FullRow& full, Worker& worker, Buffer& out) {
    const Command command{.header = full.header,
                          .fields = full.fields,
                          .ops = full.ops,
                          .digest = row.digest,
                          .origin = from_proxy_ ? Origin::from_proxy_batch_sub : Origin::batch_sub,
                          .row_index = row.index,
                          .filter = filter_for(full)};
    const size_t unit = out.size();
    const ResultCode code = execute(*full.ns, worker, command, out);
    const bool moving = code == ResultCode::waiting && std::exchange(worker.again, false);
    if (!moving && code != ResultCode::unavailable) return code;
    out.truncate(unit);
    return ResultCode::unavailable;
}

/// The replies that this step has written from here on are not sent.
/// @param first  of the step's writes.
void Batch::forget_replies(Worker& worker, size_t first, size_t from) {
    for (auto& written : std::span(worker.unreplicated).subspan(first)) {
        if (written.reply_at >= from) written.reply_at = Worker::Unreplicated::kNowhere;
    }
}

bool Batch::step(Worker& worker, Buffer& out, size_t bytes_max) {
    const size_t before = out.size();
    const size_t unreplicated_before = worker.unreplicated.size();
    ran_.clear();
    waits_for_others_ = false;
    const Instant began = worker.clock.now();
    bool done = false;
    bool waits = false;
    bool spent = false;
    while (!done && !waits && !spent && out.size() - before < bytes_max) {
        const size_t frame_start = out.size();
        wire::FrameWriter frame(out, wire::FrameType::message);
        out.append(answered_.bytes());
        answered_.release();
        done = status_ != ResultCode::ok;
        while (!done && frame.body_size() < kFrameBytes && !spent) {
            if (group_next_ == group_.size()) {
                if (!waiting_.empty()) {
                    group_.swap(waiting_);
                    waiting_.clear();
                    group_next_ = 0;
                    waits = true;
                    break;
                }
                const bool enough = away_.size() >= kAwayRowsMax || away_bytes_ >= kAwayBytesMax;
                if (enough || (exhausted() && !away_.empty())) {
                    waits = waits_for_others_ = true;
                    break;
                }
                if (exhausted()) {
                    done = true;
                    break;
                }
                next_group();
            }
            const Row& row = group_[group_next_++];
            const FullRow& full = fulls_[row.full];
            const size_t unit = out.size();
            const bool too_long = from_proxy_ && reply_bytes_ + frame.body_size() > kPassedReplyMax;
            const ResultCode code = too_long ? ResultCode::unavailable : run(row, full, worker, out);
            if (code == ResultCode::unavailable) {
                if (put_away(row, full)) continue;
                wire::UnitWriter(out).finish({.result = code, .timeout_ms = row.index});
            }
            if (code == ResultCode::waiting) {
                waiting_.push_back(row);
                continue;
            }
            if (stops(code) && !waiting_.empty()) {
                // The rows before it come first. It has changed nothing and fails again then, or no longer.
                out.truncate(unit);
                waiting_.insert(waiting_.end(), group_.begin() + ptrdiff_t(group_next_) - 1, group_.end());
                group_next_ = group_.size();
                continue;
            }
            note(*full.ns, full.header);
            if (stops(code)) {
                status_ = code;
                done = true;
                break;
            }
            if (full.fields.has(FieldType::udf_package)) {  // a function may take as long as many rows of other kinds
                worker.clock.refresh();
                spent = worker.clock.now() - began > kTurn;
            }
        }
        if (status_ != ResultCode::ok && (flags_ & kReportErrorRecord) == 0) {
            out.truncate(frame_start);
            forget_replies(worker, unreplicated_before, frame_start);
            wire::append_status(out, {.info3 = wire::info3::last, .result = status_});
            return true;
        }
        if (done) {
            wire::UnitWriter last(out);
            last.finish({.info3 = wire::info3::last, .result = status_});
        }
        if (frame.body_size() == 0) out.truncate(frame_start);
        else frame.finish();
        reply_bytes_ += out.size() - frame_start;
    }
    return done;
}

}  // namespace cairn::txn
