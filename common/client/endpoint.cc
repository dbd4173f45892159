#include "common/client/endpoint.h"

#include <charconv>

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
    if (!port.empty()) {
        const auto [end, error] = std::from_chars(port.data() + 1, port.data() + port.size(), number);
        if (port[0] != ':' || error != std::errc{} || end != port.data() + port.size() || number == 0)
            return std::nullopt;
    }
    if (host.empty()) return std::nullopt;
    return runtime::Endpoint{std::string(host), number};
}

}  // namespace cairn::client
