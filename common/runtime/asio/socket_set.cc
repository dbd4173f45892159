#include "common/runtime/asio/socket_set.h"

#include <asio/post.hpp>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "common/base/check.h"

namespace cairn::runtime {
namespace {

constexpr uint32_t kEnded = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
constexpr Duration kTurnMax = 200us;  // of events, before timers, disks and posted work have their turn

}  // namespace

/// One socket, as the set sees it.
class SocketSet::Channel {
public:
    Channel(SocketSet& owner, Descriptor taken) : set(owner), descriptor(std::move(taken)) {}

    void ready(uint32_t events) {
        ended |= (events & kEnded) != 0;
        unread |= (events & (EPOLLIN | kEnded)) != 0;
        if (unread) read();
        if (writer != nullptr && (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) {
            std::exchange(writer, nullptr)->on_writable();
        }
    }

    void read() {
        if (reader == nullptr) return;
        ssize_t size = 0;
        do {
            size = ::recv(descriptor.get(), into.data(), into.size(), MSG_DONTWAIT);
        } while (size < 0 && errno == EINTR);
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            unread = false;
            return;
        }
        // Less than asked for: the next bytes make a new edge. The end of the stream does not when it came along with
        // them, so it is asked for.
        if (size < static_cast<ssize_t>(into.size()) && !ended) unread = false;
        std::exchange(reader, nullptr)->on_read(size < 0 ? 0 : static_cast<size_t>(size));
    }

    SocketSet& set;
    const Descriptor descriptor;
    Socket::Handler* reader = nullptr;  // waits for bytes in `into`
    Socket::Handler* writer = nullptr;  // waits for room
    MutableBytes into;
    bool unread = false;  // there may be bytes that no edge will tell of
    bool ended = false;  // the peer has closed, or the connection broke
    bool queued = false;  // in set.again_
};

class SocketSet::Connected final : public Socket {
public:
    Connected(std::unique_ptr<Channel> channel, std::string peer)
        : channel_(std::move(channel)), peer_(std::move(peer)) {}
    ~Connected() override {
        SocketSet& set = channel_->set;
        set.retire(std::move(channel_));
    }

    void read_some(MutableBytes into, Handler& handler) override {
        CAIRN_CHECK(channel_->reader == nullptr && !into.empty());
        channel_->reader = &handler;
        channel_->into = into;
        if (channel_->unread) channel_->set.try_again(*channel_);
    }

    ptrdiff_t write(Bytes bytes) override {
        const ssize_t sent =
            ::send(channel_->descriptor.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) return sent;
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -1;
    }

    void wait_writable(Handler& handler) override {
        CAIRN_CHECK(channel_->writer == nullptr);
        channel_->writer = &handler;
        // An edge comes only after a write that was cut short. Watching anew tells of room that is there already.
        epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = channel_.get()}};
        ::epoll_ctl(channel_->set.watch_.native_handle(), EPOLL_CTL_MOD, channel_->descriptor.get(), &event);
    }

    const std::string& peer() const override { return peer_; }

private:
    std::unique_ptr<Channel> channel_;
    const std::string peer_;
};

SocketSet::SocketSet(asio::io_context& context, Clock& clock) : clock_(clock), context_(context), watch_(context) {
    Descriptor set(::epoll_create1(EPOLL_CLOEXEC));
    CAIRN_CHECK(set.get() >= 0);
    watch_.assign(set.release());
    arm();
}

SocketSet::~SocketSet() { CAIRN_CHECK(!in_turn_); }

std::unique_ptr<Socket> SocketSet::adopt(Descriptor descriptor, std::string peer) {
    auto channel = std::make_unique<Channel>(*this, std::move(descriptor));
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = channel.get()}};
    CAIRN_CHECK(::epoll_ctl(watch_.native_handle(), EPOLL_CTL_ADD, channel->descriptor.get(), &event) == 0);
    return std::make_unique<Connected>(std::move(channel), std::move(peer));
}

void SocketSet::arm() {
    watch_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const asio::error_code& error) {
        if (error) return;
        turn();
        arm();
    });
}

void SocketSet::turn() {
    in_turn_ = true;
    std::array<epoll_event, 64> events;
    std::vector<Channel*> again;
    clock_.refresh();
    const Instant end = clock_.now() + kTurnMax;
    while (clock_.now() < end) {
        const int count = ::epoll_wait(watch_.native_handle(), events.data(), int(events.size()), 0);
        for (int i = 0; i < count; ++i) {
            auto* channel = static_cast<Channel*>(events[size_t(i)].data.ptr);
            channel->ready(events[size_t(i)].events);
        }
        again.swap(again_);
        for (Channel* channel : again) {
            channel->queued = false;
            if (channel->unread) channel->read();
        }
        const bool quiet = count <= 0 && again.empty();
        for (size_t i = 0; i < deferred_.size(); ++i) std::exchange(deferred_[i], nullptr)();
        deferred_.clear();
        again.clear();
        retired_.clear();
        if (quiet) break;
        clock_.refresh();
    }
    in_turn_ = false;
    if (!again_.empty()) try_again(*again_.front());
}

bool SocketSet::defer(std::move_only_function<void()>& work) {
    if (in_turn_) deferred_.push_back(std::move(work));
    return in_turn_;
}

void SocketSet::try_again(Channel& channel) {
    if (!channel.queued) {
        channel.queued = true;
        again_.push_back(&channel);
    }
    if (in_turn_ || turn_posted_) return;
    turn_posted_ = true;
    asio::post(context_, [this] {
        turn_posted_ = false;
        turn();
    });
}

void SocketSet::retire(std::unique_ptr<Channel> channel) {
    channel->reader = nullptr;
    channel->writer = nullptr;
    channel->unread = false;
    if (channel->queued) std::erase(again_, channel.get());
    if (in_turn_) retired_.push_back(std::move(channel));
}

}  // namespace cairn::runtime
