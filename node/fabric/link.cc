#include "node/fabric/link.h"

namespace cairn::fabric {
namespace {

constexpr size_t kReadBytes = 16 << 10;
constexpr size_t kKeptBytes = 256 << 10;  // of the buffer, when a large frame has gone

}  // namespace

Link::Link(std::unique_ptr<runtime::Socket> socket, std::optional<runtime::Endpoint> dialed, Owner& owner,
           Figures& figures, Instant now, size_t queue_bytes)
    : socket_(std::move(socket)),
      dialed_(std::move(dialed)),
      address_(socket_->peer()),
      owner_(owner),
      figures_(figures),
      queue_bytes_max_(queue_bytes),
      heard_at_(now) {}

void Link::start() { read_more(); }

void Link::read_more() { socket_->read_some({arrived_.prepare(kReadBytes), kReadBytes}, *this); }

void Link::on_read(size_t size) {
    if (size == 0) return owner_.on_broken(*this);
    arrived_.commit(size);
    figures_.bytes_received.add(size);
    if (!take_frames()) return;
    if (arrived_.empty() && arrived_.capacity() > kKeptBytes) arrived_.release();
    read_more();
}

/// @return  false: closed by the owner.
bool Link::take_frames() {
    while (arrived_.size() >= kLinkHeaderSize) {
        const auto start = parse_start(arrived_.bytes().first(kLinkHeaderSize));
        const bool greets =
            !peer_ && start && (start->kind != FrameStart::Kind::link || start->body_size > kGreetingBytesMax);
        if (!start || greets) {
            owner_.on_garbage(*this, start ? "fabric frame: not a greeting" : start.error().detail);
            return false;
        }
        if (arrived_.size() - kLinkHeaderSize < start->body_size) return true;
        owner_.on_frame(*this, *start, arrived_.bytes().subspan(kLinkHeaderSize, start->body_size));
        if (!open()) return false;
        arrived_.consume(kLinkHeaderSize + start->body_size);
    }
    return true;
}

bool Link::send(Frame frame, bool pulse) {
    if (!open()) return false;
    const bool replaces = pulse && queue_.size() > (sent_of_first_ > 0 ? 1 : 0) && queue_.back().pulse;
    if (replaces) {
        queued_bytes_ -= queue_.back().frame->size();
        queue_.pop_back();
    }
    if (queued_bytes_ + frame->size() > queue_bytes_max_) return false;
    queued_bytes_ += frame->size();
    queue_.push_back({std::move(frame), pulse});
    if (!waits_to_write_) on_writable();
    return true;
}

void Link::on_writable() {
    waits_to_write_ = false;
    while (!queue_.empty()) {
        const Bytes left = Bytes(*queue_.front().frame).subspan(sent_of_first_);
        const ptrdiff_t taken = socket_->write(left);
        if (taken < 0) return;  // the read tells
        if (taken == 0) {
            waits_to_write_ = true;
            return socket_->wait_writable(*this);
        }
        figures_.bytes_sent.add(static_cast<uint64_t>(taken));
        queued_bytes_ -= static_cast<size_t>(taken);
        sent_of_first_ += static_cast<size_t>(taken);
        if (sent_of_first_ < queue_.front().frame->size()) continue;
        queue_.pop_front();
        sent_of_first_ = 0;
    }
}

void Link::close() {
    socket_.reset();
    queue_.clear();
    queued_bytes_ = 0;
}

}  // namespace cairn::fabric
