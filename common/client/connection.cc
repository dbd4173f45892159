#include "common/client/connection.h"

#include "common/client/request.h"

namespace cairn::client {
namespace {

/// Requests of one turn that leave before its end: more would only grow the buffer.
constexpr size_t kFlushBytes = 64 << 10;

/// One attempt to connect: whichever comes first, the socket or the timer, takes `done`.
struct Attempt {
    std::unique_ptr<runtime::Timer> timer;
    std::move_only_function<void(Result<std::unique_ptr<Connection>>)> done;

    void finish(Result<std::unique_ptr<Connection>> result) {
        if (!done) return;
        timer->cancel();
        std::exchange(done, nullptr)(std::move(result));
    }
};

}  // namespace

Connection::Connection(runtime::Loop& loop, std::unique_ptr<runtime::Socket> socket, Duration timeout)
    : loop_(loop), timeout_(timeout), timer_(loop.make_timer()) {
    stream_ = std::make_unique<FrameStream>(std::move(socket), static_cast<FrameStream::Handler&>(*this));
}

Connection::~Connection() { *alive_ = false; }

void Connection::send(Bytes frame, RecordDone done) {
    Pending pending;
    pending.record = std::move(done);
    enqueue(frame, std::move(pending));
}

void Connection::send_stream(Bytes frame, StreamKind kind, StreamDone done) {
    Pending pending;
    pending.whole = std::move(done);
    pending.stream.kind = kind;
    enqueue(frame, std::move(pending));
}

void Connection::info(std::span<const std::string_view> names, InfoDone done) {
    Pending pending;
    pending.type = wire::FrameType::info;
    pending.info = std::move(done);
    Buffer frame;
    append_info(frame, names);
    enqueue(frame.bytes(), std::move(pending));
}

void Connection::enqueue(Bytes frame, Pending pending) {
    pending_.push_back(std::move(pending));
    if (broken()) {  // told later, not from inside the call that asked
        loop_.post([this, alive = std::weak_ptr(alive_)] {
            if (!alive.expired()) fail_all(error_);
        });
        return;
    }
    if (pending_.size() == 1) {
        loop_.clock().refresh();  // the turn may have begun long ago
        progress_ = loop_.clock().now();
        watch(timeout_);
    }
    stream_->out().append(frame);
    if (stream_->out().size() >= kFlushBytes) return stream_->flush();
    flush_soon();
}

void Connection::flush_soon() {
    if (flush_due_) return;
    flush_due_ = true;
    loop_.at_turn_end([this, alive = std::weak_ptr(alive_)] {
        if (alive.expired()) return;
        flush_due_ = false;
        if (stream_) stream_->flush();
    });
}

/// The timer is left alone while answers come: to set it for each would cost more than the answer.
void Connection::watch(Duration for_time) {
    timer_->arm(for_time, [this] { on_deadline(); });
}

void Connection::on_deadline() {
    const Duration left = progress_ + timeout_ - loop_.clock().now();
    if (left > Duration::zero()) return watch(left);
    fail_all("the server at " + stream_->peer() + " did not answer in time");
}

void Connection::on_frame(wire::FrameType type, Bytes body) {
    if (pending_.empty()) return fail_all("the server at " + stream_->peer() + " sent an answer nobody asked for");
    progress_ = loop_.clock().now();
    auto& front = pending_.front();
    if (front.type != type)
        return fail_all("the server at " + stream_->peer() + " answered with a wrong kind of frame");
    if (front.whole) {
        if (auto decoded = decode_stream(body, front.stream); !decoded) return fail_all(decoded.error().detail);
        if (!front.stream.done) return;
    }
    finish_front(body);
}

void Connection::finish_front(Bytes body) {
    Pending done = std::move(pending_.front());
    pending_.pop_front();
    if (pending_.empty()) timer_->cancel();
    // Last: the callback may destroy this connection.
    if (done.record) return done.record(decode_record(body));
    if (done.whole) return done.whole(std::move(done.stream));
    done.info(parse_info(as_text(body)));
}

void Connection::on_broken(const char* reason) { fail_all(reason + (" (" + stream_->peer() + ")")); }

void Connection::fail_all(std::string reason) {
    if (error_.empty()) error_ = std::move(reason);
    timer_->cancel();
    stream_.reset();
    auto failed = std::exchange(pending_, {});
    const std::string why = error_;
    const std::weak_ptr alive(alive_);
    for (auto& request : failed) {
        if (alive.expired()) return;
        if (request.record) request.record(fail(why));
        if (request.whole) request.whole(fail(why));
        if (request.info) request.info(fail(why));
    }
}

void connect(runtime::Loop& loop, const runtime::Endpoint& to, Duration timeout,
             std::move_only_function<void(Result<std::unique_ptr<Connection>>)> done) {
    auto attempt = std::make_shared<Attempt>(loop.make_timer(), std::move(done));
    attempt->timer->arm(timeout, [attempt, text = to.text()] {
        attempt->finish(fail("cannot connect to " + text + ": no answer in time"));
    });
    loop.connect(to, [&loop, attempt, timeout](Result<std::unique_ptr<runtime::Socket>> socket) {
        if (!socket) return attempt->finish(std::unexpected(socket.error()));
        attempt->finish(std::make_unique<Connection>(loop, std::move(*socket), timeout));
    });
}

}  // namespace cairn::client
