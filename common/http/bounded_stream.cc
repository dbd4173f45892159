#include "common/http/bounded_stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace cairn::http {

bool BoundedStream::wait(short events, int& waits) {
    while (waits > 0 && !stopping_.load(std::memory_order_relaxed)) {
        --waits;
        pollfd polled{socket_, events, 0};
        const int ready = ::poll(&polled, 1, kSliceMs);
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return false;
    }
    return false;
}

ssize_t BoundedStream::read(char* into, size_t size) {
    if (begin_ == end_) {
        const size_t room = std::min(sizeof(buffer_), left_.read_bytes);
        if (room == 0 || !wait(POLLIN, left_.read_waits)) return -1;

        const ssize_t got = ::recv(socket_, buffer_, room, MSG_DONTWAIT);
        if (got <= 0) return got;
        left_.read_bytes -= size_t(got);
        begin_ = 0;
        end_ = size_t(got);
    }
    const size_t taken = std::min(size, end_ - begin_);
    std::memcpy(into, buffer_ + begin_, taken);
    begin_ += taken;
    return ssize_t(taken);
}

ssize_t BoundedStream::write(const char* from, size_t size) {
    if (!wait(POLLOUT, left_.write_waits)) return -1;
    return ::send(socket_, from, size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void BoundedStream::drain() {
    ::shutdown(socket_, SHUT_WR);
    while (::recv(socket_, buffer_, sizeof(buffer_), MSG_DONTWAIT) > 0 && left_.read_waits-- > 0) {
    }
}

// What no handler of ours asks.
void BoundedStream::get_remote_ip_and_port(std::string& ip, int& port) const {
    ip.clear();
    port = 0;
}
void BoundedStream::get_local_ip_and_port(std::string& ip, int& port) const {
    ip.clear();
    port = 0;
}

}  // namespace cairn::http
