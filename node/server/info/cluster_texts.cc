#include "node/server/info/cluster_texts.h"

#include <algorithm>
#include <map>

#include "node/fabric/names.h"
#include "node/server/info/command.h"

namespace cairn::server {
namespace {

constexpr std::string_view kUsualPort = ":3000";

/// The members of the view other than this one that have told an address of the kind.
template <class F>
void each_peer(const fabric::Standing& standing, uint64_t self, bool alternate, F&& f) {
    if (!standing.formed) return;
    for (const auto& member : standing.formed->view.members) {
        const auto peer = standing.peers.find(member.id);
        if (member.id == self || peer == standing.peers.end()) continue;
        const auto& told = alternate ? peer->second.clients.alternate : peer->second.clients.standard;
        if (!told.empty()) f(member.id, told);
    }
}

}  // namespace

std::string peers_text(const fabric::Standing& standing, uint64_t self, bool alternate) {
    std::string text = "[";
    each_peer(standing, self, alternate, [&](uint64_t id, const std::vector<std::string>& told) {
        text += (text.size() > 1 ? ",[" : "[") + fabric::node_name(id) + ",,[";
        for (size_t i = 0; i < told.size(); ++i) {
            std::string_view endpoint = told[i];
            if (endpoint.ends_with(kUsualPort)) endpoint.remove_suffix(kUsualPort.size());
            text.append(i == 0 ? "" : ",").append(endpoint);
        }
        text += "]]";
    });
    return text + "]";
}

std::string services_text(const fabric::Standing& standing, uint64_t self, bool alternate) {
    std::string text;
    each_peer(standing, self, alternate, [&](uint64_t, const std::vector<std::string>& told) {
        for (const std::string& endpoint : told) text += (text.empty() ? "" : ";") + endpoint;
    });
    return text;
}

std::string succession_text(const cluster::View& view) {
    std::string text;
    for (auto member = view.members.rbegin(); member != view.members.rend(); ++member) {
        text += (text.empty() ? "" : ",") + fabric::node_name(member->id);
    }
    return text;
}

std::string racks_text(const cluster::Formed& formed, const std::string& ns) {
    std::map<uint32_t, std::string> racks;
    for (const auto& [id, report] : formed.reports) {
        const auto said = report->namespaces.find(ns);
        if (said == report->namespaces.end()) continue;
        std::string& nodes = racks[said->second.rack];
        nodes += (nodes.empty() ? "" : ",") + fabric::node_name(id);
    }
    std::string text;
    for (const auto& [rack, nodes] : racks)
        text += (text.empty() ? "rack_" : ":rack_") + std::to_string(rack) + "=" + nodes;
    return text;
}

std::vector<std::string> replica_bitmaps(const copies::Roles& roles) {
    std::vector<std::string> bits(roles.column_count(), std::string(kPartitionCount / 8, '\0'));
    for (size_t p = 0; p < kPartitionCount; ++p) {
        const uint8_t columns = roles.columns(static_cast<PartitionId>(p));
        for (size_t column = 0; column < bits.size(); ++column) {
            if ((columns >> column & 1) == 0) continue;
            bits[column][p / 8] = static_cast<char>(bits[column][p / 8] | 0x80 >> p % 8);
        }
    }
    std::vector<std::string> texts;
    for (const std::string& column : bits) texts.push_back(encode_base64(column));
    return texts;
}

}  // namespace cairn::server
