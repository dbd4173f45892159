#include "node/fabric/names.h"

namespace cairn::fabric {

std::string node_name(cluster::NodeId id) {
    static constexpr char kDigits[] = "0123456789ABCDEF";
    std::string text;
    for (; id != 0 || text.empty(); id >>= 4) text.insert(text.begin(), kDigits[id & 15]);
    return text;
}

std::string host_of(const std::string& address) {
    const std::string host = address.substr(0, address.rfind(':'));
    return host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
}

}  // namespace cairn::fabric
