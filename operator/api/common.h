#pragma once
#include <map>
#include <string>
#include <vector>

#include "operator/api/fields.h"
#include "operator/api/quantity.h"

namespace cairn::api {

constexpr const char* kGroup = "cairndb.io";
constexpr const char* kVersion = "v1alpha1";
constexpr const char* kApiVersion = "cairndb.io/v1alpha1";

/// What all objects of Kubernetes carry, as far as we read it.
struct Metadata {
    std::string name;
    std::string space;  // the Kubernetes namespace; `namespace` is a word of C++
    std::string uid;
    std::string resource_version;
    int64_t generation = 0;
    std::string created;  // RFC 3339
    std::string deleted;  // RFC 3339, when it is to go; empty while it stays
    std::map<std::string, std::string> labels;
    std::map<std::string, std::string> annotations;
    std::vector<std::string> finalizers;
};

Metadata read_metadata(const Json& object);

enum class Truth : uint8_t { yes, no, unknown };
template <>
struct Names<Truth> {
    static constexpr std::string_view kAll[] = {"True", "False", "Unknown"};
};

/// A condition by the conventions of Kubernetes.
struct Condition {
    std::string type;
    Truth status = Truth::unknown;
    std::optional<int64_t> observed_generation;
    std::string last_transition_time;  // RFC 3339
    std::string reason;
    std::string message;

    bool operator==(const Condition&) const = default;
};

struct ObjectReference {
    std::string name;
};

struct SecretReference {
    std::string name;
    std::string key;
};

/// Labels and annotations that users want on what is made for them.
struct ExtraMetadata {
    std::map<std::string, std::string> labels;
    std::map<std::string, std::string> annotations;
};

}  // namespace cairn::api
