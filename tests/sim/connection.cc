#include "tests/sim/connection.h"

#include <algorithm>
#include <cstring>

#include "common/base/check.h"

namespace cairn::sim {

Connection::Connection(Scheduler& scheduler, uint64_t id, LinkShape shape, Place dialed, Place accepted)
    : scheduler_(scheduler), id_(id), shape_(shape) {
    ends_[0].place = std::move(dialed);
    ends_[1].place = std::move(accepted);
}

std::unique_ptr<runtime::Socket> Connection::make_socket(End end) {
    return std::make_unique<SimSocket>(shared_from_this(), end);
}

void Connection::read_some(End end, MutableBytes into, runtime::Socket::Handler& handler) {
    auto& self = ends_[end];
    CAIRN_CHECK(self.reader == nullptr && !into.empty());
    self.reader = &handler;
    self.into = into;
    wake_reader(end);
}

ptrdiff_t Connection::write(End end, Bytes bytes) {
    auto& pipe = pipes_[end];
    if (ends_[end].broken || pipe.finished) return -1;
    size_t room = std::min(bytes.size(), shape_.window_bytes - std::min(shape_.window_bytes, pipe.in_use()));
    if (room > 1 && scheduler_.dice().once_in(4)) room = scheduler_.dice().between(1, room);
    scheduler_.note("write", id_, end, bytes.size(), room);
    for (size_t at = 0; at < room;) {
        const size_t size = std::min(room - at, static_cast<size_t>(scheduler_.dice().between(1, shape_.piece_max)));
        const auto* const from = bytes.data() + at;
        send(end, {Kind::bytes, {from, from + size}});
        at += size;
    }
    return static_cast<ptrdiff_t>(room);
}

void Connection::wait_writable(End end, runtime::Socket::Handler& handler) {
    auto& self = ends_[end];
    CAIRN_CHECK(self.writer == nullptr);
    self.writer = &handler;
    wake_writer(end);
}

void Connection::close(End end) {
    auto& self = ends_[end];
    self.open = false;
    self.reader = nullptr;
    self.writer = nullptr;
    scheduler_.forget(std::exchange(self.read_event, {}));
    scheduler_.forget(std::exchange(self.write_event, {}));
    scheduler_.note("close", id_, end);
    if (!pipes_[1 - end].arrived.empty()) {
        reset(end);
    } else {
        half_close(end);
    }
    pipes_[1 - end].arrived.clear();
}

void Connection::half_close(End end) {
    if (pipes_[end].finished) return;
    send(end, {Kind::closed, {}});
    pipes_[end].finished = true;
}

void Connection::reset(End end) {
    lose_some(pipes_[end]);
    send(end, {Kind::reset, {}});
    pipes_[end].finished = true;
}

void Connection::lose_some(Pipe& pipe) {
    if (!pipe.flight.empty() && pipe.flight.back().kind == Kind::reset) return;  // else nobody would tell that end
    const size_t kept = scheduler_.dice().between(0, pipe.flight.size());
    for (; pipe.flight.size() > kept; pipe.flight.pop_back()) pipe.flight_bytes -= pipe.flight.back().bytes.size();
}

void Connection::hold(End end, bool held) {
    auto& pipe = pipes_[end];
    pipe.held = held;
    scheduler_.note(held ? "hold" : "release", id_, end);
    for (; !held && pipe.waiting > 0; --pipe.waiting) arrive(end);
}

void Connection::send(End from, Piece piece) {
    auto& pipe = pipes_[from];
    pipe.flight_bytes += piece.bytes.size();
    pipe.flight.push_back(std::move(piece));
    pipe.last_due = std::max(pipe.last_due, scheduler_.now() + scheduler_.dice().up_to(shape_.delay_max));
    scheduler_.at(pipe.last_due, Scheduler::kNoLoop, [self = shared_from_this(), from] { self->arrive(from); });
}

void Connection::arrive(End from) {
    auto& pipe = pipes_[from];
    if (pipe.held) {
        ++pipe.waiting;
        return;
    }
    if (pipe.flight.empty()) return;  // lost with a reset
    const Piece piece = std::move(pipe.flight.front());
    pipe.flight.pop_front();
    pipe.flight_bytes -= piece.bytes.size();
    scheduler_.note("arrive", id_, from, piece.kind, piece.bytes.size());

    auto& receiver = ends_[1 - from];
    switch (piece.kind) {
        case Kind::bytes:
            if (receiver.open) {
                pipe.arrived.append(piece.bytes);
            } else if (!ends_[from].broken) {
                send(1 - from, {Kind::reset, {}});
            }
            break;
        case Kind::closed: receiver.ended = true; break;
        case Kind::reset:
            receiver.broken = true;
            lose_some(pipes_[1 - from]);
            wake_writer(1 - from);
            break;
    }
    wake_reader(1 - from);
}

void Connection::wake_reader(End end) {
    auto& self = ends_[end];
    const bool ready = !pipes_[1 - end].arrived.empty() || self.ended || self.broken;
    if (self.reader == nullptr || self.read_event.number != 0 || !ready) return;
    self.read_event = scheduler_.after(Duration::zero(), self.place.loop->id(),
                                       [self = shared_from_this(), end] { self->finish_read(end); });
}

void Connection::finish_read(End end) {
    auto& self = ends_[end];
    auto& arrived = pipes_[1 - end].arrived;
    size_t size = std::min(self.into.size(), arrived.size());
    if (size > 1 && scheduler_.dice().once_in(4)) size = scheduler_.dice().between(1, size);
    if (size > 0) std::memcpy(self.into.data(), arrived.data(), size);
    arrived.consume(size);
    scheduler_.note("read", id_, end, size);
    self.read_event = {};
    if (size > 0) wake_writer(1 - end);
    std::exchange(self.reader, nullptr)->on_read(size);
}

void Connection::wake_writer(End end) {
    auto& self = ends_[end];
    const auto& pipe = pipes_[end];
    const bool ready = self.broken || pipe.finished || pipe.in_use() < shape_.window_bytes;
    if (self.writer == nullptr || self.write_event.number != 0 || !ready) return;
    // The news that there is room travels back as any piece does.
    const Duration news = self.broken ? Duration::zero() : scheduler_.dice().up_to(shape_.delay_max);
    self.write_event = scheduler_.after(news, self.place.loop->id(), [self = shared_from_this(), end] {
        auto& waiting = self->ends_[end];
        waiting.write_event = {};
        self->scheduler_.note("writable", self->id_, end);
        std::exchange(waiting.writer, nullptr)->on_writable();
    });
}

SimSocket::~SimSocket() {
    connection_->loop(end_).check_here();
    connection_->close(end_);
}

void SimSocket::read_some(MutableBytes into, Handler& handler) {
    connection_->loop(end_).check_here();
    connection_->read_some(end_, into, handler);
}

ptrdiff_t SimSocket::write(Bytes bytes) {
    connection_->loop(end_).check_here();
    return connection_->write(end_, bytes);
}

void SimSocket::wait_writable(Handler& handler) {
    connection_->loop(end_).check_here();
    connection_->wait_writable(end_, handler);
}

}  // namespace cairn::sim
