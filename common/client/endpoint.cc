#include "common/client/endpoint.h"

#include "common/base/number.h"

namespace cairn::client {

std::optional<runtime::Endpoint> parse_endpoint(std::string_view text) {
    std::string_view host = text;
    std::string_view port;
    if (const size_t end = host.find(']'); host.starts_with('[') && end != host.npos) {
        port = host.substr(end + 1);
        host = host.substr(1, end - 1);
    } else if (const size_t colon = host.find(':'); colon != host.npos) {
        port = host.substr(colon);
        host = host.substr(0, colon);
    }
    uint16_t number = kDefaultPort;
    if (!port.empty() && (port[0] != ':' || !parse_number(port.substr(1), number) || number == 0)) return std::nullopt;
    if (host.empty()) return std::nullopt;
    return runtime::Endpoint{std::string(host), number};
}

}  // namespace cairn::client
