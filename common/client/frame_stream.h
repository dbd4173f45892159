#pragma once
#include <memory>

#include "common/base/buffer.h"
#include "common/runtime/network.h"
#include "common/wire/proto.h"

namespace cairn::client {

/// The client's end of one socket as whole frames, both ways: the part of a connection that knows nothing of requests.
/// Owned and used on the socket's loop. The handler may destroy it from inside its calls.
class FrameStream final : runtime::Socket::Handler {
public:
    class Handler {
    public:
        /// One whole frame arrived; `body` is valid during the call.
        virtual void on_frame(wire::FrameType type, Bytes body) = 0;
        /// All frames that arrived together were given to on_frame(): the moment to flush() what was queued meanwhile.
        virtual void on_frames_end() {}
        /// The peer closed, or sent what is no frame. Nothing more happens on this stream. Called once.
        virtual void on_broken(const char* reason) = 0;

    protected:
        ~Handler() = default;
    };

    /// Begins to read at once.
    /// @param handler  outlives the stream.
    FrameStream(std::unique_ptr<runtime::Socket> socket, Handler& handler);
    ~FrameStream();
    FrameStream(const FrameStream&) = delete;
    FrameStream& operator=(const FrameStream&) = delete;

    /// Frames to send: append whole ones, then flush().
    Buffer& out() { return out_; }
    /// Hands over what the socket takes now; the rest follows when it can. A broken connection is told by on_broken().
    void flush();
    const std::string& peer() const { return socket_->peer(); }

private:
    void on_read(size_t size) override;
    void on_writable() override;
    void read_more();
    void break_off(const char* reason);

    std::unique_ptr<runtime::Socket> socket_;
    Handler& handler_;
    Buffer in_;
    Buffer out_;
    bool awaits_writable_ = false;
    bool broken_ = false;
    bool* destroyed_ = nullptr;  // set while a handler runs: where the destructor leaves word
};

}  // namespace cairn::client
