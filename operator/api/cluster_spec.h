#pragma once
#include "operator/api/common.h"

namespace cairn::api {

enum class VolumeRole : uint8_t { data, work, wal };
enum class VolumeMode : uint8_t { filesystem, block };
enum class AccessMode : uint8_t { once, once_pod };
enum class Keep : uint8_t { retain, remove };
enum class Wipe : uint8_t { none, header, discard, zero };
enum class Engine : uint8_t { memory, file, device };
enum class IndexPlace : uint8_t { memory, volume };
enum class Spread : uint8_t { required, preferred };
enum class PullPolicy : uint8_t { always, if_not_present, never };
enum class Access : uint8_t { pod, host_internal, host_external, node_port, load_balancer, custom };
enum class ServiceType : uint8_t { cluster_ip, load_balancer, node_port };
enum class TlsMode : uint8_t { off, optional, required };
enum class ClientAuth : uint8_t { none, optional, required };
enum class IpFamily : uint8_t { v4, v6 };
enum class IssuerKind : uint8_t { issuer, cluster_issuer };
enum class UpdateStrategy : uint8_t { rolling, on_delete, paused };
enum class UpdateOrder : uint8_t { rack_by_rack, spread };
enum class DynamicConfig : uint8_t { apply, restart };
enum class OperatorUpgrade : uint8_t { defer, roll };
enum class NodeLost : uint8_t { replace, wait };
enum class BudgetKind : uint8_t { dynamic, fixed, none };
enum class Drain : uint8_t { restart, migrate };

struct Volume {
    std::string name;
    VolumeRole role = VolumeRole::data;
    VolumeMode volume_mode = VolumeMode::filesystem;
    Quantity size;
    std::string storage_class;
    std::vector<AccessMode> access_modes = {AccessMode::once};
    std::string path;
    bool empty_dir = false;
    std::optional<ExtraMetadata> metadata;
};

struct Retention {
    Keep when_deleted = Keep::retain;
    Keep when_removed = Keep::remove;
};

struct LocalStorage {
    std::vector<std::string> storage_classes;
    Wipe wipe = Wipe::header;
};

struct AutoGrow {
    bool enabled = false;
    int32_t threshold_percent = 80;
    CountOrPercent increment{"20%", false};
    std::optional<Quantity> max_size;
    Period min_interval{"6h"};
};

struct Storage {
    std::vector<Volume> volumes;
    Retention retention;
    LocalStorage local;
    AutoGrow auto_grow;
};

struct DataStorage {
    Engine engine = Engine::memory;
    std::string volume;
    std::optional<Quantity> data_size;
    IndexPlace index_on = IndexPlace::memory;
};

/// A namespace of the database (not of Kubernetes).
struct DataNamespace {
    std::string name;
    int32_t replication_factor = 2;
    bool strong_consistency = false;
    bool rack_aware = true;
    DataStorage storage;
    std::optional<Period> default_ttl;
    Json config;
};

struct Rack {
    std::string name;
    int32_t id = 0;
    std::map<std::string, std::string> node_selector;
    std::optional<Storage> storage;
    Json config;
    Json pod_template;
    bool active = true;
};

struct Topology {
    std::string key = "topology.kubernetes.io/zone";
    Spread spread = Spread::preferred;
    bool shared_hosts = false;
    std::vector<Rack> racks;
};

struct Resources {
    std::map<std::string, Amount> requests;
    std::map<std::string, Amount> limits;
};

struct Ports {
    int32_t client = 3000;
    int32_t client_tls = 4333;
    int32_t fabric = 3001;
    int32_t heartbeat = 3002;
    int32_t admin = 3003;
    int32_t metrics = 9145;
};

struct SeedService {
    ServiceType type = ServiceType::cluster_ip;
    std::optional<ExtraMetadata> metadata;
    std::vector<std::string> source_ranges;
};

struct Network {
    Access access = Access::pod;
    Access alternate_access = Access::host_external;
    bool host_network = false;
    std::vector<IpFamily> ip_families;
    Ports ports;
    SeedService service;
};

struct Issuer {
    std::string name;
    IssuerKind kind = IssuerKind::issuer;
    std::string group = "cert-manager.io";
};

struct SelfManaged {
    Period ca_duration{"87600h"};
    Period cert_duration{"2160h"};
    Period renew_before{"720h"};
};

struct Tls {
    TlsMode mode = TlsMode::off;
    std::optional<Issuer> issuer;
    std::optional<SecretReference> secret;
    std::optional<SelfManaged> self_managed;
    ClientAuth client_auth = ClientAuth::none;
    std::vector<std::string> extra_dns_names;
};

struct Auth {
    bool enabled = false;
    std::optional<SecretReference> admin_secret;
};

struct Update {
    UpdateStrategy strategy = UpdateStrategy::rolling;
    UpdateOrder order = UpdateOrder::rack_by_rack;
    CountOrPercent max_unavailable;
    int32_t canary = 0;
    std::string approve;
    DynamicConfig dynamic_config = DynamicConfig::apply;
    OperatorUpgrade operator_upgrade = OperatorUpgrade::defer;
    Period drain_timeout{"1h"};
    bool auto_rollback = true;
    Period progress_deadline{"15m"};
};

struct Healing {
    bool enabled = true;
    Period crash_grace{"2m"};
    Period pending_grace{"15m"};
    NodeLost node_lost = NodeLost::replace;
    Period node_lost_after{"10m"};
    bool require_redundancy = true;
};

struct Disruption {
    BudgetKind budget = BudgetKind::dynamic;
    Drain drain = Drain::restart;
};

struct PodMonitor {
    bool enabled = false;
    std::optional<ExtraMetadata> metadata;
    Period interval{"15s"};
    std::vector<Json> relabelings;
    std::vector<Json> metric_relabelings;
    std::vector<std::string> pod_target_labels;
};

struct AlertRules {
    bool enabled = false;
    std::optional<ExtraMetadata> metadata;
    std::vector<std::string> disabled;
};

struct Monitoring {
    PodMonitor pod_monitor;
    AlertRules rules;
};

struct NetworkPolicy {
    bool enabled = true;
    std::vector<Json> clients;
    std::vector<Json> metrics;
};

struct Fleet {
    std::string group;
};

struct PullSecret {
    std::string name;
};

/// CairnCluster.spec: what a user wishes.
struct ClusterSpec {
    int32_t size = 3;
    std::string image;
    PullPolicy pull_policy = PullPolicy::if_not_present;
    std::vector<PullSecret> pull_secrets;
    Topology topology;
    std::vector<DataNamespace> namespaces;
    Json config;
    std::optional<Storage> storage;
    std::optional<Resources> resources;
    Network network;
    Tls tls;
    Auth auth;
    Update update;
    Healing healing;
    Disruption disruption;
    Monitoring monitoring;
    NetworkPolicy network_policy;
    Json pod_template;
    std::string service_account;
    bool paused = false;
    bool hibernated = false;
    bool deletion_protection = false;
    std::optional<Fleet> fleet;
};

/// What the schema says in CEL about several fields at once, and what it cannot say.
/// @return  a sentence for each mistake, which begins with the field; none when the spec can be acted on.
std::vector<std::string> mistakes_in(const ClusterSpec& spec);

}  // namespace cairn::api
