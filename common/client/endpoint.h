#pragma once
#include <optional>
#include <string_view>

#include "common/runtime/network.h"

namespace cairn::client {

/// The port of a node that names none.
constexpr uint16_t kDefaultPort = 3000;

/// A node's address as people write it: host, host:port, [IPv6] or [IPv6]:port.
/// @return  nothing when the host is missing or the port is not 1 to 65535.
std::optional<runtime::Endpoint> parse_endpoint(std::string_view text);

}  // namespace cairn::client
