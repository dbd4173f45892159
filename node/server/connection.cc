#include "node/server/connection.h"

#include <array>

#include "node/partition/prefetch.h"
#include "node/txn/operations.h"

namespace cairn::server {
namespace {

using wire::FrameType;

constexpr size_t kInputFirst = 2048;          // an idle connection keeps this much
constexpr size_t kInputKept = 64u << 10;      // a larger buffer goes back when its frame is done
constexpr size_t kOutputTurn = 256u << 10;    // replies gathered before they are sent
constexpr Duration kMoment = 3ms;             // before a request is tried again
constexpr Duration kSendTimeout = 10s;        // for replies that name no time of their own

/// What replaces a record, or asks only whether it is there, does without its bins.
bool looks_at_body(const wire::MessageHeader& header) {
    if ((header.info2 & wire::info2::write) != 0) return !txn::replaces(header);
    return (header.info1 & wire::info1::no_bins) == 0;
}

}  // namespace

Connection::Connection(Worker& worker, uint64_t id, std::unique_ptr<runtime::Socket> socket, bool passed_on)
    : worker_(worker),
      id_(id),
      socket_(std::move(socket)),
      session_(worker.clock()),
      passed_on_(passed_on),
      turn_began_(worker.clock().now()),
      last_moved_(worker.clock().now()) {
    session_.peer = socket_->peer();
    session_.later = [this] { return await_info(); };
}

Connection::~Connection() {
    if (passing_ != 0) worker_.forget_passed(passing_);
    worker_.state().user_agents.change(session_.user_agent, "");
    worker_.give_input(charged_input_);
    abandon_job();
    if (query_ && query_->active()) {
        worker_.state().queries.finish(query_, query::JobEnd::abandoned, worker_.clock().now());
    }
}

void Connection::start() { read_more(); }

Duration Connection::send_timeout() const {
    const auto* scan = std::get_if<std::unique_ptr<query::Scan>>(&job_);
    return scan == nullptr ? kSendTimeout : std::chrono::milliseconds((*scan)->job().socket_timeout_ms);
}

void Connection::on_read(size_t size) {
    if (size == 0) return worker_.close(*this);
    in_.commit(size);
    last_moved_ = worker_.clock().now();
    gathered_ = true;
    worker_.gather(*this);
}

void Connection::on_writable() {
    if (!held_timed_.empty()) {
        Worker::record(held_timed_, turn_began_, worker_.clock().now());
        held_timed_.clear();
    }
    if (!unsent_.empty()) {
        const ptrdiff_t taken = socket_->write(unsent_.bytes());
        if (taken < 0) return worker_.close(*this);
        if (taken > 0) last_moved_ = worker_.clock().now();
        unsent_.consume(static_cast<size_t>(taken));
        if (!unsent_.empty()) return socket_->wait_writable(*this);
        unsent_.release();
    }
    if (passing_ != 0) return;
    if (!std::holds_alternative<std::monostate>(job_)) return resume();
    serve(worker_.clock().now());
}

bool Connection::serve(Instant began) {
    turn_began_ = began;
    Buffer& out = worker_.out();
    worker_.commands().reads = &reads_;
    Next next = Next::frame;
    while (next == Next::frame && out.size() < kOutputTurn) {
        if (frames_ahead_ == 0) {
            std::array<partition::Expected, partition::kPrefetchGroup> records;
            if (const size_t known = expect(records); known > 1) partition::prefetch(std::span(records).first(known));
        }
        next = serve_frame();
        if (next == Next::reads || next == Next::later) break;
        if (frames_ahead_ != 0) --frames_ahead_;
    }
    if (next == Next::close) {
        if (!send(out)) return false;
        worker_.end_turn(began);
        worker_.close(*this);
        return false;
    }
    if (!send(out)) return false;
    worker_.end_turn(began);
    if (undurable_ != 0) return true;
    if (!unsent_.empty()) {
        socket_->wait_writable(*this);
    } else if (next == Next::passed) {
        return true;
    } else if (next == Next::later) {
        try_again();
    } else if (reads_.wanting()) {
        wait_for_reads();
    } else if (next == Next::wait) {
        read_more();
    } else {  // a long request's next step, or more frames than one turn serves: others first
        post_resume();
    }
    return true;
}

void Connection::post_resume() {
    if (std::exchange(resume_posted_, true)) return;
    // By number: the connection may be closed before its turn comes. It may have gone on by itself, too.
    worker_.loop().post([&worker = worker_, id = id_] {
        Connection* self = worker.find(id);
        if (self != nullptr && std::exchange(self->resume_posted_, false)) self->resume();
    });
}

void Connection::wait_for_reads() {
    reading_ = true;
    reads_.start(worker_.loop(), [&worker = worker_, id = id_] {
        Connection* self = worker.find(id);
        if (self == nullptr) return;
        self->reading_ = false;
        self->resume();
    });
}

void Connection::try_again() {
    if (!patience_) patience_ = worker_.loop().make_timer();
    patience_->arm(kMoment, [this] { resume(); });
}

std::function<void(std::string)> Connection::await_info() {
    session_.waiting.emplace();
    passing_ = worker_.expect_passed(id_);
    return [&worker = worker_, number = passing_](std::string value) {
        worker.loop().post(
            [&worker, number, value = std::move(value)] { worker.passed(number, as_bytes(std::string_view(value))); });
    };
}

void Connection::on_passed(uint64_t number, std::optional<Bytes> reply) {
    if (passed_rows_ && passed_rows_->hear(number, reply)) {
        if (!passed_rows_->waiting()) on_rows_passed();
        return;
    }
    if (passing_ != number) return;  // it took too long: answered already
    passing_ = 0;
    const bool moves = undurable_ == 0 && unsent_.empty();  // else what waits there goes on
    if (session_.waiting) {  // the request is served again, from that line on
        session_.waiting->value = std::string(as_text(*reply));
        if (moves) on_writable();
        return;
    }
    patience_->cancel();
    if (!reply) {  // nobody has it
        later_ = true;
        if (moves) try_again();
        return;
    }
    in_.consume(passed_frame_);
    trying_since_.reset();
    (reply->empty() ? passed_counters_->timeout : passed_counters_->complete).add();
    if (reply->empty()) wire::append_status(unsent_, {.result = ResultCode::timeout});
    else unsent_.append(*reply);
    if (moves) on_writable();
}

void Connection::on_rows_passed() {
    if (passed_rows_->gave_back()) return patience_->arm(kMoment, [this] { go_on_with_rows(); });
    patience_->cancel();
    trying_since_.reset();
    go_on_with_rows();
}

/// What waits to be sent goes first.
void Connection::go_on_with_rows() {
    rows_wait_ = false;
    if (undurable_ == 0 && unsent_.empty()) resume();
}

void Connection::hold(Buffer& out) {
    const size_t held = out.size();
    unsent_.append(out.bytes());
    out.clear();
    held_timed_ = worker_.hold_timed();
    worker_.clock().refresh();
    const Duration here = worker_.clock().now() - turn_began_;
    auto& unreplicated = worker_.commands().unreplicated;
    const size_t before = unsent_.size() - held;
    for (auto& written : unreplicated) {
        worker_.commands().counters[written.ns].sync_local_latency.record(here);
        if (written.reply_at != txn::Worker::Unreplicated::kNowhere) written.reply_at += before;
        worker_.await(written, id_);
    }
    auto& owed = worker_.commands().owed;
    undurable_ = owed.size() + unreplicated.size();
    unreplicated.clear();
    for (const auto& [store, ticket] : owed) {
        store->when_durable(worker_.loop(), ticket, [&worker = worker_, id = id_](bool durable) {
            if (Connection* self = worker.find(id)) self->on_durable(durable);
        });
    }
    owed.clear();
}

void Connection::on_durable(bool durable) {
    // Nothing may be said of writes that are not durable and may yet be: the client learns that it cannot know.
    if (!durable) return worker_.close(*this);
    if (--undurable_ == 0) on_writable();
}

/// In doubt: it may be there now or later, and the client learns that. Where the reply carries values it cannot be
/// changed any more.
void Connection::on_replicated(const txn::Worker::Unreplicated& written, bool in_doubt) {
    if (in_doubt) {
        if (written.reply_at == txn::Worker::Unreplicated::kNowhere) return worker_.close(*this);
        uint8_t* const unit = unsent_.data() + written.reply_at;
        auto header = wire::MessageHeader::load(unit);
        if (written.row && header.op_count + header.field_count != 0) return worker_.close(*this);
        header.result = ResultCode::timeout;
        header.store(unit);
    }
    if (--undurable_ == 0) on_writable();
}

void Connection::resume() {
    resume_posted_ = false;
    if (std::holds_alternative<std::monostate>(job_)) {
        serve(worker_.clock().now());
        return;
    }
    run_job();
}

size_t Connection::expect(std::span<partition::Expected> records) {
    if (reading_ || !std::holds_alternative<std::monostate>(job_)) return 0;
    size_t known = 0;
    Bytes rest = in_.bytes();
    while (known < records.size() && rest.size() >= wire::kProtoHeaderSize) {
        const auto header = wire::ProtoHeader::load(rest.data());
        if (!header.valid() || rest.size() - wire::kProtoHeaderSize < header.body_size) break;
        std::string_view ns;
        partition::Expected& record = records[known];
        const Bytes body = rest.subspan(wire::kProtoHeaderSize, header.body_size);
        if (header.type == uint8_t(FrameType::message) && wire::peek_record(body, ns, record.digest)) {
            record.ns = worker_.state().find_namespace(ns);
            const auto message = wire::MessageHeader::load(body.data());
            record.with_body = looks_at_body(message);
            record.written = (message.info2 & wire::info2::write) != 0;
            known += record.ns != nullptr;
        }
        rest = rest.subspan(wire::kProtoHeaderSize + header.body_size);
        ++frames_ahead_;
    }
    return known;
}

bool Connection::send(Buffer& out) {
    const bool with_batch = std::exchange(sends_batch_, false);
    if (!worker_.commands().owed.empty() || !worker_.commands().unreplicated.empty()) {
        hold(out);
        return true;
    }
    if (out.empty()) return true;
    const ptrdiff_t taken = socket_->write(out.bytes());
    if (taken < 0) {
        out.clear();
        worker_.close(*this);
        return false;
    }
    out.consume(static_cast<size_t>(taken));
    if (!out.empty()) {
        unsent_.append(out.bytes());
        out.clear();
        if (with_batch) worker_.counters().batch_index_delay.add();
    }
    return true;
}

void Connection::read_more() {
    if (worker_.draining()) return worker_.close(*this);
    shrink_input();
    if (in_.spare() == 0 && !grow_input()) {
        worker_.counters().input_overflows.add();
        return worker_.close(*this);
    }
    socket_->read_some({in_.prepare(1), in_.spare()}, *this);
}

bool Connection::grow_input() {
    if (in_.capacity() == 0 || in_.size() < in_.capacity()) {
        in_.reserve(kInputFirst);
        in_.prepare(1);  // moves what is left to the front
        return true;
    }
    // A frame larger than the buffer: grow with what has arrived, not with what was announced.
    const size_t frame = wire::kProtoHeaderSize + wire::ProtoHeader::load(in_.data()).body_size;
    const size_t capacity = std::min(frame, std::max(in_.capacity() * 2, 2 * kInputFirst));
    const size_t more = capacity - in_.capacity();
    if (!worker_.take_input(more)) return false;
    charged_input_ += more;
    in_.reserve(capacity);
    return true;
}

void Connection::shrink_input() {
    if (in_.capacity() <= kInputKept || !in_.empty()) return;
    in_.release();
    worker_.give_input(std::exchange(charged_input_, 0));
}

}  // namespace cairn::server
