#include "tests/sim/raw_user.h"

namespace cairn::sim {

RawUser::RawUser(SimMachine& machine, const runtime::Endpoint& node, bool reads) : reads_(reads) {
    machine.loop(0).connect(node, [this](Result<std::unique_ptr<runtime::Socket>> socket) {
        if (!socket) return on_read(0);
        socket_ = *std::move(socket);
        if (reads_) socket_->read_some(into_, *this);
        flush();
    });
}

void RawUser::say(Bytes bytes) {
    says_.append(bytes);
    if (socket_ && !waits_) flush();
}

void RawUser::read() {
    if (!std::exchange(reads_, true) && socket_) socket_->read_some(into_, *this);
}

void RawUser::flush() {
    const ptrdiff_t taken = socket_->write(says_.bytes());
    if (taken < 0) return;
    says_.consume(static_cast<size_t>(taken));
    waits_ = !says_.empty();
    if (waits_) socket_->wait_writable(*this);
}

void RawUser::on_writable() {
    waits_ = false;
    flush();
}

void RawUser::on_read(size_t size) {
    closed_ |= size == 0;
    if (closed_) return;
    heard_.append(Bytes(into_).first(size));
    for (Bytes rest = heard_.bytes().subspan(counted_); rest.size() >= wire::kProtoHeaderSize; ++frame_count_) {
        const size_t frame = wire::kProtoHeaderSize + wire::ProtoHeader::load(rest.data()).body_size;
        if (rest.size() < frame) break;
        counted_ += frame;
        rest = rest.subspan(frame);
    }
    socket_->read_some(into_, *this);
}

std::vector<RawUser::Frame> RawUser::frames() const {
    std::vector<Frame> frames;
    for (Bytes rest = heard_.bytes(); rest.size() >= wire::kProtoHeaderSize;) {
        const auto header = wire::ProtoHeader::load(rest.data());
        const size_t size = wire::kProtoHeaderSize + header.body_size;
        if (rest.size() < size) break;
        frames.push_back(
            {wire::FrameType(header.type), rest.subspan(wire::kProtoHeaderSize, header.body_size), rest.first(size)});
        rest = rest.subspan(size);
    }
    return frames;
}

size_t RawUser::rest() const {
    size_t whole = 0;
    for (const auto& frame : frames()) whole += frame.whole.size();
    return heard_.size() - whole;
}

}  // namespace cairn::sim
