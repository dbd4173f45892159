#include "common/client/frame_stream.h"

namespace cairn::client {

FrameStream::FrameStream(std::unique_ptr<runtime::Socket> socket, Handler& handler)
    : socket_(std::move(socket)), handler_(handler) {
    read_more();
}

FrameStream::~FrameStream() {
    if (destroyed_ != nullptr) *destroyed_ = true;
}

void FrameStream::read_more() {
    constexpr size_t kChunk = 64 << 10;
    size_t wanted = kChunk;
    // A large frame is read into its final place: the room for the rest of it is made once.
    if (in_.size() >= wire::kProtoHeaderSize) {
        const auto header = wire::ProtoHeader::load(in_.data());
        wanted = std::max<size_t>(wanted, wire::kProtoHeaderSize + header.body_size - in_.size());
    }
    uint8_t* at = in_.prepare(wanted);
    socket_->read_some({at, in_.spare()}, *this);
}

void FrameStream::on_read(size_t size) {
    if (size == 0) return break_off("the server closed the connection");
    in_.commit(size);
    bool destroyed = false;
    destroyed_ = &destroyed;
    while (in_.size() >= wire::kProtoHeaderSize) {
        const auto header = wire::ProtoHeader::load(in_.data());
        if (!header.valid()) {
            destroyed_ = nullptr;
            return break_off("the server sent what is no frame");
        }
        const size_t whole = wire::kProtoHeaderSize + header.body_size;
        if (in_.size() < whole) break;
        handler_.on_frame(wire::FrameType(header.type), {in_.data() + wire::kProtoHeaderSize, header.body_size});
        if (destroyed) return;
        in_.consume(whole);
    }
    handler_.on_frames_end();
    if (destroyed) return;
    destroyed_ = nullptr;
    if (!broken_) read_more();
}

void FrameStream::flush() {
    if (awaits_writable_ || broken_) return;
    while (!out_.empty()) {
        const ptrdiff_t taken = socket_->write(out_.bytes());
        if (taken < 0) return;  // the outstanding read ends with the same news, outside of this call
        if (taken == 0) {
            awaits_writable_ = true;
            return socket_->wait_writable(*this);
        }
        out_.consume(size_t(taken));
    }
}

void FrameStream::on_writable() {
    awaits_writable_ = false;
    flush();
}

void FrameStream::break_off(const char* reason) {
    broken_ = true;
    handler_.on_broken(reason);
}

}  // namespace cairn::client
