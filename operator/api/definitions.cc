#include "operator/api/definitions.h"

#include <algorithm>

#include "operator/api/cluster_fields.h"
#include "operator/api/cluster_status_fields.h"
#include "operator/api/node_fields.h"
#include "operator/api/objects.h"
#include "operator/api/operation_fields.h"

namespace cairn::api {
namespace {

struct Column {
    std::string_view name;
    std::string_view type;
    std::string path;
    bool wide = false;  // with -o wide alone
};

struct Kind {
    std::string_view name;
    std::string_view plural;
    std::string_view singular;
    std::vector<std::string_view> short_names;
    std::vector<Column> columns;
    bool spec_required = true;
    bool scales = false;
    bool selected_by_cluster = true;  // kubectl get --field-selector spec.clusterRef.name=...
    std::vector<Rule> rules;
    OrderedJson (*spec)();
    OrderedJson (*status)();
};

template <class Spec>
OrderedJson spec_schema() {
    Spec spec;
    return SchemaVisitor::of_struct(spec, {}, SchemaVisitor::Defaults::written);
}

OrderedJson cluster_spec_schema() {
    OrderedJson schema = spec_schema<ClusterSpec>();
    schema["description"] = "Desired state.";
    schema["default"] = OrderedJson::object();
    return schema;
}

template <class Status>
OrderedJson status_schema() {
    Status status;
    return SchemaVisitor::of_struct(status, {.text = "Observed state."}, SchemaVisitor::Defaults::left_out);
}

std::string condition_path(std::string_view type) {
    return ".status.conditions[?(@.type=='" + std::string(type) + "')].status";
}

const Column kAge{"Age", "date", ".metadata.creationTimestamp"};

Kind cluster_kind() {
    return {
        .name = "CairnCluster",
        .plural = "cairnclusters",
        .singular = "cairncluster",
        .short_names = {"cairn", "cdb"},
        .columns = {{"Ready", "string", condition_path("Ready")},
                    {"Nodes", "integer", ".spec.size"},
                    {"Up", "integer", ".status.readyNodes"},
                    {"Updated", "integer", ".status.updatedNodes"},
                    {"Phase", "string", ".status.phase"},
                    {"Migrating", "integer", ".status.partitions.migrationsRemaining"},
                    {"Version", "string", ".status.version"},
                    kAge,
                    {"Unavailable", "integer", ".status.partitions.unavailable", true},
                    {"Doing", "string", ".status.operation.waitingFor", true},
                    {"Endpoint", "string", ".status.endpoint.host", true},
                    {"Full%", "integer", ".status.storage.maxUsedPercent", true}},
        .spec_required = false,
        .scales = true,
        .selected_by_cluster = false,
        .rules = {{"self.metadata.name.size() <= 40",
                   "metadata.name must be at most 40 characters (pod names derive from it)"},
                  {"self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
                   "metadata.name must be a DNS label starting with a letter"}},
        .spec = cluster_spec_schema,
        .status = status_schema<ClusterStatus>,
    };
}

Kind node_kind() {
    return {
        .name = "CairnNode",
        .plural = "cairnnodes",
        .singular = "cairnnode",
        .short_names = {"cnode"},
        .columns = {{"Rack", "string", ".spec.rack"},
                    {"State", "string", ".status.server.state"},
                    {"Ready", "string", condition_path("Ready")},
                    {"Migrating", "integer", ".status.server.migrationsRemaining"},
                    {"Full%", "integer", ".status.server.usedPercent"},
                    {"Version", "string", ".status.version"},
                    {"Host", "string", ".status.hostName"},
                    {"Zone", "string", ".status.zone", true},
                    {"Revision", "string", ".status.revision", true},
                    kAge},
        .rules = {},
        .spec = spec_schema<NodeSpec>,
        .status = status_schema<NodeStatus>,
    };
}

Kind operation_kind() {
    return {
        .name = "CairnOperation",
        .plural = "cairnoperations",
        .singular = "cairnoperation",
        .short_names = {"cop"},
        .columns = {{"Cluster", "string", ".spec.clusterRef.name"},
                    {"Kind", "string", ".spec.kind"},
                    {"Phase", "string", ".status.phase"},
                    kAge},
        .rules = {},
        .spec = spec_schema<OperationSpec>,
        .status = status_schema<OperationStatus>,
    };
}

std::vector<Kind> all_kinds() { return {cluster_kind(), node_kind(), operation_kind()}; }

Result<Kind> find_kind(std::string_view name) {
    for (Kind& kind : all_kinds()) {
        if (kind.name == name) return std::move(kind);
    }
    return fail("there is no kind '" + std::string(name) + "'");
}

OrderedJson schema_of(const Kind& kind) {
    OrderedJson root;
    root["description"] = kind.name;
    root["type"] = "object";
    root["properties"]["apiVersion"]["type"] = "string";
    root["properties"]["kind"]["type"] = "string";
    root["properties"]["metadata"]["type"] = "object";
    root["properties"]["spec"] = kind.spec();
    root["properties"]["status"] = kind.status();
    if (kind.spec_required) root["required"] = {"spec"};
    if (!kind.rules.empty()) root["x-kubernetes-validations"] = rules_json(kind.rules);
    return root;
}

OrderedJson columns_of(const Kind& kind) {
    OrderedJson columns = OrderedJson::array();
    for (const Column& column : kind.columns) {
        OrderedJson one;
        one["name"] = column.name;
        one["type"] = column.type;
        one["jsonPath"] = column.path;
        if (column.wide) one["priority"] = 1;
        columns.push_back(std::move(one));
    }
    return columns;
}

OrderedJson version_of(const Kind& kind) {
    OrderedJson version;
    version["name"] = kVersion;
    version["served"] = true;
    version["storage"] = true;
    version["schema"]["openAPIV3Schema"] = schema_of(kind);
    version["subresources"]["status"] = OrderedJson::object();
    if (kind.scales) {
        OrderedJson& scale = version["subresources"]["scale"];
        scale["specReplicasPath"] = ".spec.size";
        scale["statusReplicasPath"] = ".status.size";
        scale["labelSelectorPath"] = ".status.selector";
    }
    version["additionalPrinterColumns"] = columns_of(kind);
    if (kind.selected_by_cluster) {
        OrderedJson field;
        field["jsonPath"] = ".spec.clusterRef.name";
        version["selectableFields"] = OrderedJson::array({field});
    }
    return version;
}

}  // namespace

std::vector<std::string_view> kinds() {
    std::vector<std::string_view> names;
    for (const Kind& kind : all_kinds()) names.push_back(kind.name);
    return names;
}

Result<std::string> definition_name(std::string_view name) {
    const Result<Kind> kind = find_kind(name);
    if (!kind) return std::unexpected(kind.error());
    return std::string(kind->plural) + "." + kGroup;
}

Result<OrderedJson> definition(std::string_view name) {
    const Result<Kind> kind = find_kind(name);
    if (!kind) return std::unexpected(kind.error());
    OrderedJson document;
    document["apiVersion"] = "apiextensions.k8s.io/v1";
    document["kind"] = "CustomResourceDefinition";
    document["metadata"]["name"] = std::string(kind->plural) + "." + kGroup;
    OrderedJson& spec = document["spec"];
    spec["group"] = kGroup;
    spec["scope"] = "Namespaced";
    spec["names"]["kind"] = kind->name;
    spec["names"]["listKind"] = std::string(kind->name) + "List";
    spec["names"]["plural"] = kind->plural;
    spec["names"]["singular"] = kind->singular;
    spec["names"]["shortNames"] = kind->short_names;
    spec["names"]["categories"] = {"cairn"};
    spec["versions"] = OrderedJson::array({version_of(*kind)});
    return document;
}

}  // namespace cairn::api
