#pragma once
#include <asio/ip/tcp.hpp>

#include <memory>

#include "common/runtime/network.h"

namespace cairn::runtime {

class AsioLoop;

/// Takes over a connected socket on `loop`: non-blocking, no Nagle delay.
std::unique_ptr<Socket> make_socket(AsioLoop& loop, asio::ip::tcp::socket socket);

}  // namespace cairn::runtime
