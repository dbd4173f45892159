#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <span>

#include "common/client/frame_stream.h"
#include "common/client/info.h"
#include "common/client/reply.h"
#include "common/runtime/loop.h"

namespace cairn::client {

/// One connection to a node: requests in any number at once, answered in their order. Owned and used on one loop.
/// Requests leave at the end of the loop's turn, all together.
/// Callbacks come from the loop, never from inside the call that asked; each runs exactly once, unless the connection
/// is destroyed first: then never. A callback may destroy the connection.
class Connection final : FrameStream::Handler {
public:
    /// @param timeout  longest wait for progress while requests are outstanding; then the connection is broken.
    Connection(runtime::Loop& loop, std::unique_ptr<runtime::Socket> socket, Duration timeout = 10s);
    ~Connection();

    using RecordDone = std::move_only_function<void(Result<Record>)>;
    using StreamDone = std::move_only_function<void(Result<Stream>)>;
    using InfoDone = std::move_only_function<void(Result<InfoMap>)>;

    /// Sends one request frame (client/request.h) that is answered by one record. Result codes of the server are in the
    /// record; an error means that no answer will come.
    void send(Bytes frame, RecordDone done);
    /// Sends one batch or scan; `done` gets the whole reply. Its memory grows with the reply.
    void send_stream(Bytes frame, StreamKind kind, StreamDone done);
    /// Asks for info values.
    void info(std::span<const std::string_view> names, InfoDone done);

    bool broken() const { return !error_.empty(); }
    size_t outstanding() const { return pending_.size(); }

private:
    /// One request in flight.
    struct Pending {
        wire::FrameType type = wire::FrameType::message;
        RecordDone record;
        StreamDone whole;
        InfoDone info;
        Stream stream;
    };

    void enqueue(Bytes frame, Pending pending);
    void on_frame(wire::FrameType type, Bytes body) override;
    void on_broken(const char* reason) override;
    void flush_soon();
    void watch(Duration for_time);
    void on_deadline();
    void fail_all(std::string reason);
    void finish_front(Bytes body);

    runtime::Loop& loop_;  // outlives the connection
    const Duration timeout_;
    std::unique_ptr<FrameStream> stream_;  // gone once broken
    std::unique_ptr<runtime::Timer> timer_;  // armed while requests are outstanding
    Instant progress_{};  // when the last answer came, or the first request left
    bool flush_due_ = false;
    std::deque<Pending> pending_;
    std::string error_;  // why it is broken
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// Opens a connection; `done` runs once, later, on `loop`.
/// @error  names the address and the reason, or that `timeout` passed.
void connect(runtime::Loop& loop, const runtime::Endpoint& to, Duration timeout,
             std::move_only_function<void(Result<std::unique_ptr<Connection>>)> done);

}  // namespace cairn::client
