#pragma once
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/runtime/asio/descriptor.h"
#include "common/runtime/clock.h"
#include "common/runtime/network.h"

namespace cairn::runtime {

/// The connected sockets of one loop in one epoll set, which asio watches as it watches any descriptor.
///
/// Asio by itself tries every read at once and only then waits for it: for a server that answers one request after
/// another this is a system call for nothing with each of them. Here a read that gave less than there was room for
/// says that the socket is empty until the next edge, so a request costs one recv and one send
/// (docs/decisions/002-runtime.md has the figures).
class SocketSet {
public:
    /// Both outlive the set, and so does whatever the sockets' handlers use.
    SocketSet(asio::io_context& context, Clock& clock);
    ~SocketSet();
    SocketSet(const SocketSet&) = delete;
    SocketSet& operator=(const SocketSet&) = delete;

    /// Takes over a connected socket. It is destroyed before the set.
    std::unique_ptr<Socket> adopt(Descriptor descriptor, std::string peer);

    /// Takes `work` to run after the events now being delivered. @return  false when none are.
    bool defer(std::move_only_function<void()>& work);

private:
    class Channel;
    class Connected;

    void arm();
    void turn();
    void try_again(Channel& channel);
    void retire(std::unique_ptr<Channel> channel);

    Clock& clock_;
    asio::io_context& context_;
    asio::posix::stream_descriptor watch_;  // of the epoll set
    bool in_turn_ = false;
    bool turn_posted_ = false;
    std::vector<std::move_only_function<void()>> deferred_;
    std::vector<Channel*> again_;                   // asked to read while more may be there already
    std::vector<std::unique_ptr<Channel>> retired_;  // closed; events of this turn may still name them
};

}  // namespace cairn::runtime
