#pragma once
#include <array>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "common/base/buffer.h"
#include "common/runtime/network.h"
#include "tests/sim/sim_loop.h"

namespace cairn::sim {

/// How the network treats one connection; drawn by the seed.
struct LinkShape {
    Duration delay_max;   // of one piece, one way
    size_t piece_max;     // bytes that arrive together
    size_t window_bytes;  // taken by write() and not yet read at the other end
};

/// One TCP connection: two ends, and a pipe of bytes from each to the other. Bytes are never lost while both ends
/// live; they come late and in pieces. An end that closes sends what it still holds and then "closed"; one that closes
/// without having read what arrived, or that crashes, or is written to after it closed, sends "reset" instead.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    using End = size_t;  // 0 dialed, 1 accepted
    struct Place {
        SimLoop* loop;
        std::string address;  // as the other end sees it
    };
    Connection(Scheduler& scheduler, uint64_t id, LinkShape shape, Place dialed, Place accepted);

    /// The socket of `end`; call it once for each.
    std::unique_ptr<runtime::Socket> make_socket(End end);

    // What sockets do.
    void read_some(End end, MutableBytes into, runtime::Socket::Handler& handler);
    ptrdiff_t write(End end, Bytes bytes);
    void wait_writable(End end, runtime::Socket::Handler& handler);
    void close(End end);
    SimLoop& loop(End end) const { return *ends_[end].place.loop; }
    const std::string& peer(End end) const { return ends_[1 - end].place.address; }

    // Faults.
    /// `end` says no more (FIN) but still reads.
    void half_close(End end);
    /// `end` is gone: some of what it sent last is lost, and the other end gets a reset.
    void reset(End end);
    /// While held, what `end` sent stays on its way.
    void hold(End end, bool held);

private:
    enum class Kind : uint8_t { bytes, closed, reset };
    struct Piece {
        Kind kind;
        std::vector<uint8_t> bytes;
    };
    struct Pipe {
        std::deque<Piece> flight;
        size_t flight_bytes = 0;
        Buffer arrived;
        Instant last_due{};    // pieces arrive in order
        size_t waiting = 0;    // pieces that came due while the pipe was held
        bool held = false;
        bool finished = false;  // closed or reset was sent: the sender adds nothing
        size_t in_use() const { return flight_bytes + arrived.size(); }
    };
    struct EndState {
        Place place;
        bool open = true;
        bool ended = false;   // the other end's "closed" arrived
        bool broken = false;  // a reset arrived
        runtime::Socket::Handler* reader = nullptr;
        MutableBytes into;
        Scheduler::EventId read_event;
        runtime::Socket::Handler* writer = nullptr;
        Scheduler::EventId write_event;
    };
    void send(End from, Piece piece);
    void arrive(End from);
    void lose_some(Pipe& pipe);
    void wake_reader(End end);
    void wake_writer(End end);
    void finish_read(End end);

    Scheduler& scheduler_;
    const uint64_t id_;
    const LinkShape shape_;
    std::array<EndState, 2> ends_;
    std::array<Pipe, 2> pipes_;  // by sender
};

/// A socket's connection, for faults.
class SimSocket final : public runtime::Socket {
public:
    SimSocket(std::shared_ptr<Connection> connection, Connection::End end)
        : connection_(std::move(connection)), end_(end) {}
    ~SimSocket() override;
    void read_some(MutableBytes into, Handler& handler) override;
    ptrdiff_t write(Bytes bytes) override;
    void wait_writable(Handler& handler) override;
    const std::string& peer() const override { return connection_->peer(end_); }

    Connection& connection() { return *connection_; }
    Connection::End end() const { return end_; }

private:
    const std::shared_ptr<Connection> connection_;
    const Connection::End end_;
};

}  // namespace cairn::sim
