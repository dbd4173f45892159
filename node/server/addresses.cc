#include "node/server/addresses.h"

#include <algorithm>

namespace cairn::server {
namespace {

void append(std::string& text, const std::string& host, uint16_t port) {
    const std::string endpoint = runtime::Endpoint{host, port}.text();
    if (("," + text + ",").contains("," + endpoint + ",")) return;
    if (!text.empty()) text += ',';
    text += endpoint;
}

/// All addresses of the machine of the family that `host` stands for.
bool is_any(const std::string& host) { return host == "0.0.0.0" || host == "::"; }
bool reaches(const std::string& any, const std::string& address) { return any == "::" || !address.contains(':'); }

}  // namespace

ServiceAddresses service_addresses(const ListenerConfig& config, const std::vector<runtime::Endpoint>& listening,
                                   const std::vector<std::string>& machine_addresses) {
    ServiceAddresses told;
    const uint16_t port = listening.empty() ? config.port : listening.front().port;
    const uint16_t access_port = config.access_port != 0 ? config.access_port : port;
    for (const auto& address : config.access_addresses) append(told.standard, address, access_port);
    if (config.access_addresses.empty()) {
        for (const auto& endpoint : listening) {
            const uint16_t own_port = config.access_port != 0 ? config.access_port : endpoint.port;
            if (!is_any(endpoint.host)) {
                append(told.standard, endpoint.host, own_port);
                continue;
            }
            for (const auto& address : machine_addresses) {
                if (reaches(endpoint.host, address)) append(told.standard, address, own_port);
            }
        }
    }
    const uint16_t alternate_port = config.alternate_access_port != 0 ? config.alternate_access_port : port;
    for (const auto& address : config.alternate_access_addresses) append(told.alternate, address, alternate_port);
    return told;
}

}  // namespace cairn::server
