#pragma once
#include "operator/api/common_fields.h"
#include "operator/api/node.h"

// The declaration of CairnNode. @see fields.h

namespace cairn::api {

template <class Visitor>
void fields(Visitor& visit, NodeSpec& node) {
    visit("clusterRef", node.cluster, kClusterReference);
    visit("index", node.index,
          {.text = "Index inside the rack; gaps are allowed.",
           .required = true,
           .min = 0,
           .max = 65535,
           .rules = {{"self == oldSelf", "index is immutable"}}});
    About rack = a_name("Rack name.", 20, true);
    rack.rules = {{"self == oldSelf", "rack is immutable"}};
    visit("rack", node.rack, rack);
    visit("nodeID", node.node_id,
          {.text = "Hex node id handed to the server; stored with the claim.",
           .required = true,
           .length_max = 16,
           .pattern = "^[0-9a-f]{1,16}$",
           .rules = {{"self == oldSelf", "nodeID is immutable"}}});
    visit("state", node.state,
          {.text = "The only field people may change: Running; Quiesced = no master partitions, pod stays; Fenced = "
                   "server stopped, pod stays for inspection; Removed = drain, then remove this very node; Replaced = "
                   "bring up a new node, drain, remove this one."});
    visit("force", node.force, {.text = "Allow Removed/Replaced although data would become unavailable."});
    visit("revision", node.revision, {.length_max = 64});
    visit.rule({"!(oldSelf.state == \"Removed\" && has(self.force) && !self.force && oldSelf.force)",
                "force cannot be withdrawn from a removal"});
}

template <class Visitor>
void fields(Visitor& visit, NodeEndpoint& endpoint) {
    visit("kind", endpoint.kind);
    visit("address", endpoint.address);
    visit("port", endpoint.port);
}

template <class Visitor>
void fields(Visitor& visit, NodeClaim& claim) {
    visit("volume", claim.volume, {.required = true});
    visit("claim", claim.claim);
    visit("size", claim.size);
    visit("local", claim.local);
    visit("phase", claim.phase);
}

template <class Visitor>
void fields(Visitor& visit, ServerStatus& server) {
    visit("state", server.state);
    visit("clusterSize", server.cluster_size);
    visit("masterPartitions", server.master_partitions);
    visit("migrationsRemaining", server.migrations_remaining);
    visit("objects", server.objects);
    visit("usedPercent", server.used_percent);
    visit("uptime", server.uptime);
    visit("integrity", server.integrity);
}

template <class Visitor>
void fields(Visitor& visit, NodeStatus& status) {
    visit("observedGeneration", status.observed_generation);
    visit("conditions", status.conditions, kConditions);
    visit("podName", status.pod_name);
    visit("hostName", status.host_name, {.text = "Kubernetes node."});
    visit("zone", status.zone);
    visit("region", status.region);
    visit("rackID", status.rack_id);
    visit("podIP", status.pod_ip);
    visit("endpoints", status.endpoints, {.items_max = 8});
    visit("version", status.version);
    visit("revision", status.revision);
    visit("configHash", status.config_hash);
    visit("restarts", status.restarts);
    visit("claims", status.claims, {.items_max = 16, .key = "volume"});
    visit("server", status.server, {.text = "What the server says."});
}

}  // namespace cairn::api
