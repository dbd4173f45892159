#include "tests/sim/echo.h"

#include <algorithm>

namespace cairn::sim {

class EchoServer::Session final : public runtime::Socket::Handler {
public:
    Session(std::unique_ptr<runtime::Socket> socket, std::function<void()> closed)
        : closed_(std::move(closed)), socket_(std::move(socket)) {
        socket_->read_some(arrived_, *this);
    }

    void on_read(size_t size) override {
        if (size == 0) return close();
        unsent_.append({arrived_.data(), size});
        on_writable();
    }
    void on_writable() override {
        while (!unsent_.empty()) {
            const ptrdiff_t taken = socket_->write(unsent_.bytes());
            if (taken < 0) return close();
            if (taken == 0) return socket_->wait_writable(*this);
            unsent_.consume(static_cast<size_t>(taken));
        }
        socket_->read_some(arrived_, *this);
    }

private:
    void close() {
        const auto closed = std::move(closed_);  // destroys this
        closed();
    }
    std::function<void()> closed_;
    std::array<uint8_t, 1024> arrived_;
    Buffer unsent_;
    std::unique_ptr<runtime::Socket> socket_;
};

EchoServer::EchoServer(runtime::Machine& machine, const runtime::Endpoint& at) : loops_(machine.loop_count()) {
    auto listening = machine.listen(at, [this](size_t index, std::unique_ptr<runtime::Socket> socket) {
        auto& loop = loops_[index];
        ++loop.accepted;
        const auto place = loop.sessions.emplace(loop.sessions.end());
        *place = std::make_unique<Session>(std::move(socket), [&loop, place] { loop.sessions.erase(place); });
    });
    if (listening) {
        listener_ = std::move(*listening);
    } else {
        error_ = listening.error().detail;
    }
}

EchoServer::~EchoServer() = default;

EchoClient::EchoClient(runtime::Loop& loop, const runtime::Endpoint& to, std::string payload,
                       std::function<void()> changed)
    : payload_(std::move(payload)), changed_(std::move(changed)) {
    loop.connect(to, [this](Result<std::unique_ptr<runtime::Socket>> opened) {
        if (!opened) {
            error_ = opened.error().detail;
            return end(State::refused);
        }
        state_ = State::open;
        socket_ = std::move(*opened);
        socket_->read_some(arrived_, *this);
        on_writable();
    });
}

void EchoClient::on_read(size_t size) {
    if (size == 0) return end(State::broken);
    if (as_text({arrived_.data(), size}) != std::string_view(payload_).substr(received_, size))
        return end(State::wrong);
    received_ += size;
    if (received_ == payload_.size()) return end(State::echoed);
    socket_->read_some(arrived_, *this);
}

void EchoClient::on_writable() {
    while (sent_ < payload_.size()) {
        const ptrdiff_t taken = socket_->write(as_bytes(std::string_view(payload_).substr(sent_)));
        if (taken < 0) return;  // the read tells
        if (taken == 0) return socket_->wait_writable(*this);
        sent_ += static_cast<size_t>(taken);
    }
}

void EchoClient::end(State state) {
    state_ = state;
    socket_.reset();
    changed_();
}

}  // namespace cairn::sim
