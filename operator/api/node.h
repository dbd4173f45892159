#pragma once
#include "operator/api/common.h"

namespace cairn::api {

/// What a person wishes of one node.
enum class NodeWish : uint8_t { running, quiesced, fenced, removed, replaced };
template <>
struct Names<NodeWish> {
    static constexpr std::string_view kAll[] = {"Running", "Quiesced", "Fenced", "Removed", "Replaced"};
};

enum class ServerState : uint8_t { starting, joining, serving, quiescing, quiesced, stopped, unreachable };
template <>
struct Names<ServerState> {
    static constexpr std::string_view kAll[] = {"Starting", "Joining", "Serving",    "Quiescing",
                                                "Quiesced", "Stopped", "Unreachable"};
};

struct NodeSpec {
    ObjectReference cluster;
    int32_t index = 0;
    std::string rack;
    std::string node_id;  // 1 to 16 hexadecimal digits
    NodeWish state = NodeWish::running;
    bool force = false;
    std::string revision;
};

struct NodeEndpoint {
    std::string kind;
    std::string address;
    std::optional<int32_t> port;
    bool operator==(const NodeEndpoint&) const = default;
};

struct NodeClaim {
    std::string volume;
    std::string claim;
    std::string size;
    std::optional<bool> local;
    std::string phase;
    bool operator==(const NodeClaim&) const = default;
};

/// What the server says.
struct ServerStatus {
    std::optional<ServerState> state;
    std::optional<int32_t> cluster_size, master_partitions, used_percent;
    std::optional<int64_t> migrations_remaining, objects;
    std::string uptime;
    std::string integrity;
    bool operator==(const ServerStatus&) const = default;
};

struct NodeStatus {
    std::optional<int64_t> observed_generation;
    std::vector<Condition> conditions;
    std::string pod_name;
    std::string host_name;
    std::string zone;
    std::string region;
    std::optional<int32_t> rack_id;
    std::string pod_ip;
    std::vector<NodeEndpoint> endpoints;
    std::string version;
    std::string revision;
    std::string config_hash;
    std::optional<int32_t> restarts;
    std::vector<NodeClaim> claims;
    std::optional<ServerStatus> server;

    bool operator==(const NodeStatus&) const = default;
};

}  // namespace cairn::api
