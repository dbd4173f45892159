#pragma once
#include <httplib.h>

#include <atomic>
#include <cstddef>

namespace cairn::http {

/// One client's connection as the library sees it, with an end: it stops reading and writing after so many bytes, waits
/// and stop(). (The library's own stream waits with select(), which breaks with descriptors above 1023; it reads lines
/// and headers without end; and its time-outs begin anew with every byte.)
///
/// Time is counted in waits of at most kSliceMs, so a client that sends a byte just before each wait ends gains nothing.
class BoundedStream : public httplib::Stream {
public:
    static constexpr int kSliceMs = 50;
    struct Bounds {
        size_t read_bytes;
        int read_waits;
        int write_waits;
    };

    /// @param socket    connected; stays the caller's.
    /// @param stopping  outlives this.
    BoundedStream(int socket, Bounds bounds, const std::atomic<bool>& stopping)
        : socket_(socket), left_(bounds), stopping_(stopping) {}

    using httplib::Stream::write;
    bool is_readable() const override { return left_.read_bytes > 0; }
    bool is_writable() const override { return left_.write_waits > 0; }
    ssize_t read(char* into, size_t size) override;
    ssize_t write(const char* from, size_t size) override;
    void get_remote_ip_and_port(std::string& ip, int& port) const override;
    void get_local_ip_and_port(std::string& ip, int& port) const override;
    socket_t socket() const override { return socket_; }

    /// Reads and drops what is there without waiting: closing with unread bytes would reset the connection, and the
    /// client might lose the answer.
    void drain();

private:
    /// Until the socket is ready for `events`; false when the waits are used up or the server stops.
    bool wait(short events, int& waits);

    const int socket_;
    Bounds left_;
    const std::atomic<bool>& stopping_;
    char buffer_[2048];  // the library reads its lines byte by byte
    size_t begin_ = 0;  // begin_ <= end_ <= sizeof(buffer_)
    size_t end_ = 0;
};

}  // namespace cairn::http
