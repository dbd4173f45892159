// The floor: what one request and its reply cost on this machine when the server does nothing. One thread, bare epoll,
// one recv for all that has arrived and one send for all replies. Every frame is answered with the same reply frame, so
// that sizes on the wire equal those of a real get or put. Uses system calls directly: that is what it measures
// (exempt from the rule on sockets: docs/bench.md).
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "common/base/buffer.h"
#include "common/wire/encode.h"

namespace cairn {
namespace {

struct Client {
    int socket;
    Buffer rest;  // a frame of which a part has arrived
};

/// A reply frame of `size` bytes in all: result 0, and one string bin "b" that fills it when there is room.
Buffer make_reply(size_t size) {
    Buffer out;
    wire::FrameWriter frame(out, wire::FrameType::message);
    wire::UnitWriter unit(out);
    const size_t empty = wire::kProtoHeaderSize + wire::kMessageHeaderSize + 8 + 1;
    if (size >= empty) {
        std::memset(unit.op(wire::OpCode::read, wire::Particle::string, "b", size - empty), 'x', size - empty);
    }
    unit.finish({.generation = 1});
    frame.finish();
    return out;
}

class Echo {
public:
    explicit Echo(Buffer reply) : reply_(std::move(reply)), chunk_(256 << 10) {}

    /// @return  false with errno set when the address cannot be had.
    bool listen(in_addr address, uint16_t port) {
        epoll_ = epoll_create1(EPOLL_CLOEXEC);
        listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int on = 1;
        setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr = address;
        at.sin_port = htons(port);
        if (bind(listener_, reinterpret_cast<sockaddr*>(&at), sizeof(at)) != 0) return false;
        if (::listen(listener_, 1024) != 0) return false;
        epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
        return epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event) == 0;
    }

    [[noreturn]] void run() {
        epoll_event events[256];
        for (;;) {
            const int count = epoll_wait(epoll_, events, 256, -1);
            for (int i = 0; i < count; ++i) {
                if (events[i].data.ptr == nullptr) {
                    accept();
                } else if (auto* client = static_cast<Client*>(events[i].data.ptr); !serve(*client)) {
                    close(client->socket);
                    delete client;
                }
            }
        }
    }

private:
    void accept() {
        const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) return;
        const int on = 1;
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        auto client = std::make_unique<Client>(socket);
        epoll_event event{.events = EPOLLIN, .data = {.ptr = client.get()}};
        if (epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event) == 0) client.release();
    }

    /// @return  false when the peer is gone or sent what is no frame.
    bool serve(Client& client) {
        const ssize_t size = recv(client.socket, chunk_.data(), chunk_.size(), 0);
        if (size <= 0) return false;
        Bytes left(chunk_.data(), size_t(size));
        const bool joined = !client.rest.empty();
        if (joined) {
            client.rest.append(left);
            left = client.rest.bytes();
        }
        size_t replies = 0;
        while (left.size() >= wire::kProtoHeaderSize) {
            const auto header = wire::ProtoHeader::load(left.data());
            if (!header.valid()) return false;
            if (left.size() - wire::kProtoHeaderSize < header.body_size) break;
            left = left.subspan(wire::kProtoHeaderSize + header.body_size);
            ++replies;
        }
        if (joined) {
            client.rest.consume(client.rest.size() - left.size());
        } else {
            client.rest.append(left);
        }
        return send_replies(client, replies);
    }

    /// Blocks while the peer does not read: the floor is for peers that do.
    bool send_replies(const Client& client, size_t count) {
        while (replies_.size() < count * reply_.size()) replies_.append(reply_.bytes());
        Bytes left = replies_.bytes().first(count * reply_.size());
        while (!left.empty()) {
            const ssize_t sent = send(client.socket, left.data(), left.size(), MSG_NOSIGNAL);
            if (sent < 0) return false;
            left = left.subspan(size_t(sent));
        }
        return true;
    }

    const Buffer reply_;
    Buffer replies_;  // the reply, over and over
    std::vector<uint8_t> chunk_;
    int epoll_ = -1;
    int listener_ = -1;
};

int run(int argc, char** argv) {
    CLI::App app(
        "Answers each frame with one fixed reply: the floor of what a request costs on this machine.\n"
        "Listens until killed.",
        "bench-echo");
    std::string address = "127.0.0.1";
    uint16_t port = 3900;
    size_t reply_size = 139;
    app.add_option("--address", address, "IPv4 address")->check(CLI::ValidIPV4)->capture_default_str();
    app.add_option("--port", port, "TCP port")->capture_default_str();
    app.add_option("--reply-size", reply_size,
                   "Bytes of the reply frame, headers included: 30 as for a put, 139 as for a\n"
                   "get of one 100-byte bin with a one-letter name")
        ->check(CLI::Range(30, 1 << 20))
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    Echo echo(make_reply(reply_size));
    in_addr at{};
    inet_pton(AF_INET, address.c_str(), &at);
    if (!echo.listen(at, port)) {
        std::fprintf(stderr, "bench-echo: cannot listen on %s:%u: %s\n", address.c_str(), port, std::strerror(errno));
        return 1;
    }
    echo.run();
}

}  // namespace
}  // namespace cairn

int main(int argc, char** argv) { return cairn::run(argc, argv); }
