#pragma once
#include <array>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "common/base/buffer.h"
#include "common/runtime/machine.h"

namespace cairn::sim {

/// The smallest server: gives back what it reads, and reads no more while the peer does not take it. For tests of
/// machines, on real and simulated ones.
class EchoServer {
public:
    /// Listens on `at`; check error() before use.
    EchoServer(runtime::Machine& machine, const runtime::Endpoint& at);
    ~EchoServer();

    const std::string& error() const { return error_; }
    const runtime::Endpoint& endpoint() const { return listener_->endpoint(); }
    /// Connections that loop `index` was dealt; read it on that loop, or when the machine has stopped.
    size_t accepted(size_t index) const { return loops_[index].accepted; }
    size_t open(size_t index) const { return loops_[index].sessions.size(); }

private:
    class Session;
    struct PerLoop {
        std::list<std::unique_ptr<Session>> sessions;
        size_t accepted = 0;
    };
    std::vector<PerLoop> loops_;  // each element is its loop's
    std::string error_;
    std::unique_ptr<runtime::Listener> listener_;
};

/// Sends `payload` and reads it back.
class EchoClient final : runtime::Socket::Handler {
public:
    enum class State { connecting, open, echoed, refused, broken, wrong };

    /// @param changed  runs on `loop` once the state is no longer connecting or open; the connection is closed then.
    EchoClient(runtime::Loop& loop, const runtime::Endpoint& to, std::string payload, std::function<void()> changed);

    State state() const { return state_; }
    const std::string& error() const { return error_; }
    size_t received() const { return received_; }
    /// For faults; nullptr unless open.
    runtime::Socket* socket() { return socket_.get(); }

private:
    void on_read(size_t size) override;
    void on_writable() override;
    void end(State state);

    const std::string payload_;
    std::function<void()> changed_;
    State state_ = State::connecting;
    std::string error_;
    size_t sent_ = 0;
    size_t received_ = 0;
    std::array<uint8_t, 512> arrived_;
    std::unique_ptr<runtime::Socket> socket_;
};

}  // namespace cairn::sim
