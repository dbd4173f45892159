#pragma once
#include "operator/api/cluster_names.h"
#include "operator/api/common_fields.h"

// The declarations of addresses, encryption and who may connect. @see fields.h

namespace cairn::api {

template <class Visitor>
void fields(Visitor& visit, Ports& ports) {
    const About port{.min = 1024, .max = 65535};
    visit("client", ports.client, port);
    visit("clientTLS", ports.client_tls, port);
    visit("fabric", ports.fabric, port);
    visit("heartbeat", ports.heartbeat, port);
    visit("admin", ports.admin, port);
    visit("metrics", ports.metrics, port);
}

template <class Visitor>
void fields(Visitor& visit, SeedService& service) {
    static About range{.length_max = 64};
    visit("type", service.type);
    visit("metadata", service.metadata, {.text = "Extra labels and annotations."});
    visit("loadBalancerSourceRanges", service.source_ranges, {.items = &range});
}

template <class Visitor>
void fields(Visitor& visit, Network& network) {
    visit("access", network.access);
    visit("alternateAccess", network.alternate_access);
    visit("hostNetwork", network.host_network);
    visit("ipFamilies", network.ip_families, {.items_max = 2, .set = true});
    visit("ports", network.ports, {.text = "Ports."});
    visit("service", network.service, {.text = "The seed Service applications connect to."});
}

template <class Visitor>
void fields(Visitor& visit, Issuer& issuer) {
    visit("name", issuer.name, {.required = true, .length_min = 1, .length_max = 253});
    visit("kind", issuer.kind);
    visit("group", issuer.group, {.length_max = 253});
}

template <class Visitor>
void fields(Visitor& visit, SelfManaged& own) {
    visit("caDuration", own.ca_duration);
    visit("certDuration", own.cert_duration);
    visit("renewBefore", own.renew_before);
}

template <class Visitor>
void fields(Visitor& visit, Tls& tls) {
    static About dns_name{.length_max = 253};
    visit("mode", tls.mode, {.text = "Off, Optional (both ports open) or Required."});
    visit("issuerRef", tls.issuer, {.text = "cert-manager issuer."});
    visit("secretRef", tls.secret, {.text = "kubernetes.io/tls Secret the user rotates."});
    visit("selfManaged", tls.self_managed, {.text = "The operator's own CA."});
    visit("clientAuth", tls.client_auth, {.text = "Whether clients must show a certificate."});
    visit("extraDNSNames", tls.extra_dns_names, {.items = &dns_name});
    visit.rule(
        {"!has(self.mode) || self.mode == \"Off\" || [has(self.issuerRef), has(self.secretRef), "
         "has(self.selfManaged)].filter(x, x).size() == 1",
         "exactly one of issuerRef, secretRef, selfManaged is required when tls.mode is not Off"});
}

template <class Visitor>
void fields(Visitor& visit, Auth& auth) {
    visit("enabled", auth.enabled);
    visit("adminSecretRef", auth.admin_secret,
          {.text = "Secret with username and password of the operator's admin user; created with a random password "
                   "when absent."});
}

template <class Visitor>
void fields(Visitor& visit, NetworkPolicy& policy) {
    static About peer{.text = "NetworkPolicyPeer"};
    visit("enabled", policy.enabled);
    visit("clients", policy.clients,
          {.text = "Who may reach the client port; empty = same namespace.", .items = &peer});
    visit("metrics", policy.metrics, {.text = "Who may scrape.", .items_max = 16, .items = &peer});
}

template <class Visitor>
void fields(Visitor& visit, PodMonitor& monitor) {
    static About label{.length_max = 317};
    visit("enabled", monitor.enabled);
    visit("metadata", monitor.metadata, {.text = "Extra labels and annotations."});
    visit("interval", monitor.interval);
    visit("relabelings", monitor.relabelings);
    visit("metricRelabelings", monitor.metric_relabelings);
    visit("podTargetLabels", monitor.pod_target_labels, {.items_max = 32, .items = &label});
}

template <class Visitor>
void fields(Visitor& visit, AlertRules& rules) {
    static About alert{.length_max = 128};
    visit("enabled", rules.enabled);
    visit("metadata", rules.metadata, {.text = "Extra labels and annotations."});
    visit("disabled", rules.disabled, {.set = true, .items = &alert});
}

template <class Visitor>
void fields(Visitor& visit, Monitoring& monitoring) {
    visit("podMonitor", monitoring.pod_monitor, {.text = "prometheus-operator PodMonitor."});
    visit("rules", monitoring.rules, {.text = "PrometheusRule with the shipped alerts."});
}

}  // namespace cairn::api
