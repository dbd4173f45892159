#include "common/client/cluster_view.h"

#include <ranges>

#include "common/base/number.h"
#include "common/base64/base64.h"

namespace cairn::client {
namespace {

/// The part before `separator`, dropped from `text` with it; all of it when there is none.
std::string_view take(std::string_view& text, char separator) {
    const size_t at = text.find(separator);
    const auto part = text.substr(0, at);
    text.remove_prefix(at == text.npos ? text.size() : at + 1);
    return part;
}

/// A bitmap of 4096 bits, most significant bit of each byte first, in base64.
bool parse_bitmap(std::string_view base64, PartitionSet& set) {
    const auto bytes = decode_base64(base64);
    if (!bytes || bytes->size() != kPartitionCount / 8) return false;
    for (uint32_t id = 0; id < kPartitionCount; ++id) set[id] = uint8_t((*bytes)[id / 8]) >> (7 - id % 8) & 1;
    return true;
}

/// Reads the nested lists of a peers value: '[' items ',' … ']'.
class PeersReader {
public:
    explicit PeersReader(std::string_view text) : left_(text) {}

    bool at(char c) const { return left_.starts_with(c); }
    bool eat(char c) {
        if (!at(c)) return false;
        left_.remove_prefix(1);
        return true;
    }
    bool empty() const { return left_.empty(); }
    std::string_view word() {
        const auto text = left_.substr(0, left_.find_first_of(",[]"));
        left_.remove_prefix(text.size());
        return text;
    }
    /// host, host:port, [v6] or [v6]:port
    bool endpoint(uint16_t default_port, runtime::Endpoint& to) {
        to.port = default_port;
        std::string_view port;
        if (eat('[')) {
            to.host = word();
            if (!eat(']')) return false;
            port = word();
            if (!port.empty() && !port.starts_with(':')) return false;
            if (!port.empty()) port.remove_prefix(1);
        } else {
            auto text = word();
            to.host = take(text, ':');
            port = text;
        }
        return !to.host.empty() && (port.empty() || parse_number(port, to.port));
    }
    bool peer(uint16_t default_port, Peer& peer) {
        if (!eat('[')) return false;
        peer.node = word();
        if (peer.node.empty() || !eat(',')) return false;
        peer.tls_name = word();
        if (!eat(',') || !eat('[')) return false;
        while (!eat(']')) {
            if (!endpoint(default_port, peer.addresses.emplace_back())) return false;
            if (!eat(',') && !at(']')) return false;
        }
        return eat(']');
    }

private:
    std::string_view left_;
};

Result<ClusterView> to_view(const InfoMap& info) {
    for (const auto* name : {"node", "build", "partition-generation", "replicas", "peers-clear-std"}) {
        const auto found = info.find(name);
        if (found == info.end()) return fail("info '" + std::string(name) + "' was not answered");
        if (is_info_error(found->second)) return fail("info '" + std::string(name) + "': " + found->second);
    }
    ClusterView view;
    view.node = info.find("node")->second;
    view.build = info.find("build")->second;
    const auto& generation = info.find("partition-generation")->second;
    if (!parse_number(generation, view.partition_generation)) {
        return fail("info 'partition-generation' must be a number, got '" + generation + "'");
    }
    auto replicas = parse_replicas(info.find("replicas")->second);
    if (!replicas) return std::unexpected(replicas.error());
    view.namespaces = std::move(*replicas);
    auto peers = parse_peers(info.find("peers-clear-std")->second);
    if (!peers) return std::unexpected(peers.error());
    view.peers = std::move(*peers);
    return view;
}

}  // namespace

Result<std::map<std::string, NamespaceReplicas, std::less<>>> parse_replicas(std::string_view value) {
    std::map<std::string, NamespaceReplicas, std::less<>> namespaces;
    while (!value.empty()) {
        auto entry = take(value, ';');
        if (entry.empty()) continue;
        const std::string name(take(entry, ':'));
        NamespaceReplicas replicas;
        size_t count = 0;
        if (!parse_number(take(entry, ','), replicas.regime) || !parse_number(take(entry, ','), count)) {
            return fail("info 'replicas' is damaged at namespace '" + name + "': regime and count expected");
        }
        while (!entry.empty()) {
            if (!parse_bitmap(take(entry, ','), replicas.columns.emplace_back())) {
                return fail("info 'replicas' is damaged at namespace '" + name + "': 4096 bits in base64 expected");
            }
        }
        if (replicas.columns.size() != count) {
            return fail("info 'replicas' announces " + std::to_string(count) + " columns for namespace '" + name +
                        "' and holds " + std::to_string(replicas.columns.size()));
        }
        namespaces.emplace(name, std::move(replicas));
    }
    return namespaces;
}

Result<Peers> parse_peers(std::string_view value) {
    const auto damaged = [whole = std::string(value)] {
        return fail("info 'peers-clear-std' is damaged: '" + whole + "'");
    };
    Peers peers;
    uint16_t default_port = 3000;
    if (!parse_number(take(value, ','), peers.generation)) return damaged();
    if (const auto port = take(value, ','); !port.empty() && !parse_number(port, default_port)) return damaged();
    PeersReader reader(value);
    if (!reader.eat('[')) return damaged();
    while (!reader.eat(']')) {
        if (!reader.peer(default_port, peers.peers.emplace_back())) return damaged();
        if (!reader.eat(',') && !reader.at(']')) return damaged();
    }
    if (!reader.empty()) return damaged();
    return peers;
}

void fetch_view(Connection& connection, std::move_only_function<void(Result<ClusterView>)> done) {
    static constexpr std::string_view kNames[] = {"node", "build", "partition-generation", "replicas",
                                                  "peers-clear-std"};
    connection.info(kNames, [done = std::move(done)](Result<InfoMap> info) mutable {
        if (!info) return done(std::unexpected(info.error()));
        done(to_view(*info));
    });
}

}  // namespace cairn::client
