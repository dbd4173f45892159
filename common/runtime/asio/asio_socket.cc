#include "common/runtime/asio/asio_socket.h"

#include <sys/socket.h>

#include <cerrno>

#include "common/base/check.h"
#include "common/runtime/asio/asio_loop.h"

namespace cairn::runtime {
namespace {

std::string name_of(const asio::ip::tcp::endpoint& endpoint) {
    return Endpoint{endpoint.address().to_string(), endpoint.port()}.text();
}

class AsioSocket final : public Socket {
public:
    AsioSocket(AsioLoop& loop, asio::ip::tcp::socket socket)
        : state_(std::make_shared<State>(loop, std::move(socket))) {
        asio::error_code ignored;
        state_->socket.non_blocking(true, ignored);
        state_->socket.set_option(asio::ip::tcp::no_delay(true), ignored);
        const auto peer = state_->socket.remote_endpoint(ignored);
        if (!ignored) peer_ = name_of(peer);
    }
    ~AsioSocket() override {
        state_->reader = nullptr;
        state_->writer = nullptr;
        asio::error_code ignored;
        state_->socket.close(ignored);
    }

    void read_some(MutableBytes into, Handler& handler) override {
        CAIRN_CHECK(state_->reader == nullptr && !into.empty());
        state_->reader = &handler;
        state_->socket.async_read_some(asio::buffer(into.data(), into.size()),
                                       [state = state_](const asio::error_code& error, size_t size) {
                                           if (state->reader == nullptr) return;
                                           state->loop.clock().refresh();
                                           std::exchange(state->reader, nullptr)->on_read(error ? 0 : size);
                                       });
    }

    ptrdiff_t write(Bytes bytes) override {
        // The plain call: asio's synchronous write would poll again for each retry it makes.
        const ssize_t sent =
            ::send(state_->socket.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) return sent;
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -1;
    }

    void wait_writable(Handler& handler) override {
        CAIRN_CHECK(state_->writer == nullptr);
        state_->writer = &handler;
        state_->socket.async_wait(asio::ip::tcp::socket::wait_write, [state = state_](const asio::error_code&) {
            if (state->writer == nullptr) return;
            state->loop.clock().refresh();
            std::exchange(state->writer, nullptr)->on_writable();
        });
    }

    const std::string& peer() const override { return peer_; }

private:
    /// What an outstanding operation still needs after the socket is destroyed.
    struct State {
        State(AsioLoop& on, asio::ip::tcp::socket connected) : loop(on), socket(std::move(connected)) {}
        AsioLoop& loop;
        asio::ip::tcp::socket socket;
        Handler* reader = nullptr;
        Handler* writer = nullptr;
    };
    std::shared_ptr<State> state_;
    std::string peer_;
};

}  // namespace

std::unique_ptr<Socket> make_socket(AsioLoop& loop, asio::ip::tcp::socket socket) {
    return std::make_unique<AsioSocket>(loop, std::move(socket));
}

}  // namespace cairn::runtime
