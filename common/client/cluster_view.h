#pragma once
#include <bitset>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/digest.h"
#include "common/base/result.h"
#include "common/client/connection.h"
#include "common/runtime/network.h"

namespace cairn::client {

/// Partitions a node holds, by partition id.
using PartitionSet = std::bitset<kPartitionCount>;

/// One namespace as one node reports it.
struct NamespaceReplicas {
    uint32_t regime = 0;
    std::vector<PartitionSet> columns;  // [0]: this node is master; [n]: it is the n-th replica
};

struct Peer {
    std::string node;  // its id, hexadecimal
    std::string tls_name;
    std::vector<runtime::Endpoint> addresses;
};

struct Peers {
    int64_t generation = 0;
    std::vector<Peer> peers;
};

/// One node's answer to "who are you, what do you hold, whom do you know".
struct ClusterView {
    std::string node;
    std::string build;
    int64_t partition_generation = -1;  // -1: the node is not ready to serve
    std::map<std::string, NamespaceReplicas, std::less<>> namespaces;
    Peers peers;
};

/// The value of info "replicas".
Result<std::map<std::string, NamespaceReplicas, std::less<>>> parse_replicas(std::string_view value);
/// The value of info "peers-clear-std".
Result<Peers> parse_peers(std::string_view value);

/// Asks the node behind `connection` for its view.
/// @error  no answer, or an answer that is no such view; the sentence names the info value.
void fetch_view(Connection& connection, std::move_only_function<void(Result<ClusterView>)> done);

}  // namespace cairn::client
