#include "operator/api/objects.h"

#include "operator/api/cluster_fields.h"
#include "operator/api/cluster_status_fields.h"
#include "operator/api/node_fields.h"
#include "operator/api/operation_fields.h"
#include "operator/api/read_visitor.h"
#include "operator/api/write_visitor.h"

namespace cairn::api {
namespace {

const Json& part(const Json& object, const char* name) {
    static const Json none = Json::object();
    const auto found = object.find(name);
    return found != object.end() && found->is_object() ? *found : none;
}

std::unexpected<Error> all_of(const std::vector<std::string>& mistakes) {
    std::string joined;
    for (const std::string& each : mistakes) joined += (joined.empty() ? "" : "; ") + each;
    return fail(joined);
}

template <class Object>
Result<Object> read_object(const Json& json) {
    if (!json.is_object()) return fail("the object is no map");
    Object object;
    object.metadata = read_metadata(json);
    Mistakes mistakes;
    ReadVisitor spec(part(json, "spec"), "spec", mistakes);
    fields(spec, object.spec);
    if (!mistakes.all().empty()) return all_of(mistakes.all());
    Mistakes ignored;
    ReadVisitor status(part(json, "status"), "status", ignored);
    fields(status, object.status);
    return object;
}

template <class T>
Json written(const T& value) {
    T copy = value;  // a visitor may change what it visits
    return WriteVisitor::of_struct(copy);
}

std::string text_of(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::map<std::string, std::string> texts_of(const Json& object, const char* name) {
    std::map<std::string, std::string> texts;
    for (const auto& [key, value] : part(object, name).items()) {
        if (value.is_string()) texts[key] = value.template get<std::string>();
    }
    return texts;
}

}  // namespace

Metadata read_metadata(const Json& object) {
    const Json& json = part(object, "metadata");
    Metadata metadata;
    metadata.name = text_of(json, "name");
    metadata.space = text_of(json, "namespace");
    metadata.uid = text_of(json, "uid");
    metadata.resource_version = text_of(json, "resourceVersion");
    if (const auto found = json.find("generation"); found != json.end() && found->is_number_integer()) {
        metadata.generation = found->get<int64_t>();
    }
    metadata.created = text_of(json, "creationTimestamp");
    metadata.deleted = text_of(json, "deletionTimestamp");
    metadata.labels = texts_of(json, "labels");
    metadata.annotations = texts_of(json, "annotations");
    if (const auto found = json.find("finalizers"); found != json.end() && found->is_array()) {
        for (const Json& each : *found) {
            if (each.is_string()) metadata.finalizers.push_back(each.get<std::string>());
        }
    }
    return metadata;
}

Result<Cluster> read_cluster(const Json& object) {
    Result<Cluster> cluster = read_object<Cluster>(object);
    if (!cluster) return cluster;
    if (const auto mistakes = mistakes_in(cluster->spec); !mistakes.empty()) return all_of(mistakes);
    return cluster;
}
Result<Node> read_node(const Json& object) { return read_object<Node>(object); }
Result<Operation> read_operation(const Json& object) { return read_object<Operation>(object); }

Json to_json(const ClusterSpec& spec) { return written(spec); }
Json to_json(const ClusterStatus& status) { return written(status); }
Json to_json(const NodeSpec& spec) { return written(spec); }
Json to_json(const NodeStatus& status) { return written(status); }
Json to_json(const OperationStatus& status) { return written(status); }

const Condition* find_condition(const std::vector<Condition>& conditions, std::string_view type) {
    for (const Condition& each : conditions) {
        if (each.type == type) return &each;
    }
    return nullptr;
}

}  // namespace cairn::api
