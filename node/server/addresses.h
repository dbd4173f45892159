#pragma once
#include <string>
#include <vector>

#include "common/runtime/machine.h"
#include "node/config/node_config.h"

namespace cairn::server {

/// What clients are told of where to connect: `host:port`, IPv6 in brackets, joined by commas.
struct ServiceAddresses {
    std::string standard;
    std::string alternate;
};

/// The configured access addresses; without them those listened on, where `any` means all addresses of the machine
/// but loopback. Loopback is told only when it is configured by itself: then nobody but local clients can connect.
/// @param listening  where the node listens, with the ports in use.
ServiceAddresses service_addresses(const ListenerConfig& config, const std::vector<runtime::Endpoint>& listening,
                                   const std::vector<std::string>& machine_addresses);

}  // namespace cairn::server
