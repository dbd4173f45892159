#pragma once
#include "operator/api/network_fields.h"
#include "operator/api/storage_fields.h"

// The declaration of CairnCluster.spec. @see fields.h

namespace cairn::api {

template <class Visitor>
void fields(Visitor& visit, Rack& rack) {
    visit("name", rack.name, a_name("Rack name; part of the pod name.", 20, true));
    visit("id", rack.id,
          {.text = "Numeric rack id the server uses.",
           .required = true,
           .min = 1,
           .max = 65535,
           .rules = {{"self == oldSelf", "rack id is immutable"}}});
    visit("nodeSelector", rack.node_selector,
          {.text = "Kubernetes node labels this rack is pinned to, such as topology.kubernetes.io/zone: eu-1a.",
           .length_max = 1024});
    visit("storage", rack.storage, {.text = "Storage of every node (a rack can override)."});
    visit("config", rack.config, {.text = "Server parameters merged over spec.config."});
    visit("podTemplate", rack.pod_template, {.text = "Partial PodTemplateSpec merged over spec.podTemplate."});
    visit("active", rack.active, {.text = "false = take the rack out: drain it, keep its definition."});
}

template <class Visitor>
void fields(Visitor& visit, Topology& topology) {
    visit("key", topology.key, {.text = "Node label the rack is read from when racks is empty.", .length_max = 317});
    visit("spread", topology.spread, {.text = "Required = DoNotSchedule, Preferred = ScheduleAnyway across the key."});
    visit("sharedHosts", topology.shared_hosts, {.text = "Allow two nodes of this cluster on one Kubernetes node."});
    visit("racks", topology.racks,
          {.text = "Explicit racks. Empty = automatic racks from key.",
           .items_max = 16,
           .key = "name",
           .rules = {{"self.all(r, self.exists_one(s, s.id == r.id))", "rack ids must be unique"},
                     {"self.exists(r, !has(r.active) || r.active)", "at least one rack must be active"}}});
    visit.rule(
        {"has(self.racks) == has(oldSelf.racks) && ((!has(self.racks) || self.racks.size() == 0) == "
         "(!has(oldSelf.racks) || oldSelf.racks.size() == 0)) || (!has(oldSelf.racks) || "
         "oldSelf.racks.size() == 0)",
         "explicit racks cannot be turned back into automatic racks"});
}

template <class Visitor>
void fields(Visitor& visit, Resources& resources) {
    visit("requests", resources.requests);
    visit("limits", resources.limits);
}

template <class Visitor>
void fields(Visitor& visit, PullSecret& secret) {
    visit("name", secret.name, a_name("", 253, true));
}

template <class Visitor>
void fields(Visitor& visit, Update& update) {
    visit("strategy", update.strategy,
          {.text = "Rolling = automatic; OnDelete = only mark nodes; Paused = finish the current node and stop."});
    visit("order", update.order, {.text = "RackByRack finishes one rack before the next."});
    visit("maxUnavailable", update.max_unavailable,
          {.text = "Nodes of ONE rack that may be down at the same time. Nodes of two racks are never down together."});
    visit("canary", update.canary,
          {.text = "Update only this many nodes, then wait for spec.update.approve to name the revision.",
           .min = 0,
           .max = 16});
    visit("approve", update.approve,
          {.text = "Revision (status.updateRevision) allowed to go past the canary.", .length_max = 64});
    visit("dynamicConfig", update.dynamic_config,
          {.text = "Apply = dynamic parameters are applied live; Restart = every change restarts."});
    visit("operatorUpgrade", update.operator_upgrade,
          {.text = "What a new operator version may do to pods: Defer = wait for the next user change (condition "
                   "UpdatePending), Roll = roll now."});
    visit("drainTimeout", update.drain_timeout,
          {.text = "Longest wait for quiesce and migrations before the step is reported as stuck. The operator then "
                   "waits on; it never forces."});
    visit("autoRollback", update.auto_rollback,
          {.text = "Return to the last good revision when the first updated node does not become ready within "
                   "progressDeadline."});
    visit("progressDeadline", update.progress_deadline);
}

template <class Visitor>
void fields(Visitor& visit, Healing& healing) {
    visit("enabled", healing.enabled);
    visit("crashGrace", healing.crash_grace, {.text = "How long a crashing pod is left alone before it is recreated."});
    visit("pendingGrace", healing.pending_grace,
          {.text = "How long an unschedulable pod is left alone (cluster autoscalers need it to exist)."});
    visit("nodeLost", healing.node_lost,
          {.text = "Local storage gone with its Kubernetes node: Replace = new empty node after nodeLostAfter, Wait = "
                   "do nothing."});
    visit("nodeLostAfter", healing.node_lost_after);
    visit("requireRedundancy", healing.require_redundancy,
          {.text = "Replace only when every partition still has a full copy elsewhere."});
}

template <class Visitor>
void fields(Visitor& visit, Disruption& disruption) {
    visit("budget", disruption.budget,
          {.text = "Dynamic = the operator opens one rack at a time and closes it while data is moving; Static = "
                   "maxUnavailable; None."});
    visit("drain", disruption.drain,
          {.text = "When a Kubernetes node with one of our pods is cordoned: Restart = let the eviction through; "
                   "Migrate = bring up a replacement first."});
}

template <class Visitor>
void fields(Visitor& visit, Fleet& fleet) {
    visit("group", fleet.group, {.text = "Name of the stretch or replication group.", .length_max = 63});
}

template <class Visitor>
void fields(Visitor& visit, ClusterSpec& spec) {
    visit("size", spec.size,
          {.text = "Number of storage nodes in the whole cluster (target of kubectl scale).", .min = 1, .max = 256});
    visit("image", spec.image,
          {.text = "Server image. Empty = the operator's default, resolved once at creation and then pinned in "
                   "status.image.",
           .length_max = 512});
    visit("imagePullPolicy", spec.pull_policy);
    visit("imagePullSecrets", spec.pull_secrets, {.text = "Pull secrets.", .items_max = 8, .key = "name"});
    visit("topology", spec.topology, {.text = "Failure domains."});
    visit("namespaces", spec.namespaces, {.text = "Database namespaces.", .items_max = 32, .key = "name"});
    visit("config", spec.config,
          {.text = "Server parameters (service, network, logging ...). Checked against the schema of the running "
                   "server version before anything is rolled."});
    visit("storage", spec.storage, {.text = "Storage of every node (a rack can override)."});
    visit("resources", spec.resources,
          {.text = "Resources of the server container. Resized in place where Kubernetes allows it, else rolled."});
    visit("network", spec.network, {.text = "Addresses and ports."});
    visit("tls", spec.tls,
          {.text = "TLS for client, fabric and heartbeat traffic. Certificates are reloaded without restart."});
    visit("auth", spec.auth, {.text = "Access control. Users and roles are CairnUser and CairnRole objects."});
    visit("update", spec.update, {.text = "Rolling changes."});
    visit("healing", spec.healing, {.text = "Healing."});
    visit("disruption", spec.disruption, {.text = "Voluntary disruptions."});
    visit("monitoring", spec.monitoring, {.text = "Monitoring."});
    visit("networkPolicy", spec.network_policy, {.text = "NetworkPolicy."});
    visit("podTemplate", spec.pod_template,
          {.text = "Partial PodTemplateSpec merged (strategic merge by name) over the operator's own: sidecars, "
                   "volumes, affinity, tolerations, priorityClassName, securityContext ... Checked by a server-side "
                   "dry run before any roll."});
    visit("serviceAccountName", spec.service_account,
          a_name("ServiceAccount of the pods; it needs no Kubernetes permission.", 253));
    visit("paused", spec.paused, {.text = "Stop acting on this cluster (status is still refreshed)."});
    visit("hibernated", spec.hibernated, {.text = "Stop all pods, keep claims and objects."});
    visit("deletionProtection", spec.deletion_protection,
          {.text = "Refuse to delete the object (ValidatingAdmissionPolicy) and keep claims."});
    visit("fleet", spec.fleet, {.text = "Reserved for several clusters."});
    visit.rule({"!has(self.namespaces) || self.namespaces.all(n, n.replicationFactor <= self.size)",
                "replicationFactor of every namespace must not exceed size", "FieldValueInvalid"});
    visit.rule(
        {"!has(self.namespaces) || self.namespaces.all(n, n.storage.engine == \"Memory\" || "
         "(has(self.storage) && has(self.storage.volumes) && self.storage.volumes.exists(v, v.name == "
         "n.storage.volume)) || (has(self.topology.racks) && self.topology.racks.size() > 0 && "
         "self.topology.racks.all(r, has(r.storage))))",
         "namespaces[].storage.volume must name a volume in spec.storage.volumes"});
    visit.rule(
        {"!(has(self.network) && has(self.network.hostNetwork) && self.network.hostNetwork && "
         "has(self.topology) && has(self.topology.sharedHosts) && self.topology.sharedHosts)",
         "hostNetwork and topology.sharedHosts exclude each other"});
    visit.rule(
        {"!has(self.tls) || !has(self.tls.mode) || self.tls.mode != \"Off\" || !has(self.tls.clientAuth) || "
         "self.tls.clientAuth == \"None\"",
         "tls.clientAuth needs tls.mode Optional or Required"});
    visit.rule(
        {"!has(oldSelf.auth) || !oldSelf.auth.enabled || self.auth.enabled", "auth cannot be switched off once on"});
}

}  // namespace cairn::api
