#pragma once
#include "operator/api/common.h"

namespace cairn::api {

constexpr std::string_view kNamePattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";

inline About a_name(std::string_view text, size_t length_max = 63, bool required = false) {
    return {.text = text, .required = required, .length_min = 1, .length_max = length_max, .pattern = kNamePattern};
}

template <class Visitor>
void fields(Visitor& visit, Condition& condition) {
    visit("type", condition.type, {.required = true, .length_max = 316});
    visit("status", condition.status, {.required = true});
    visit("observedGeneration", condition.observed_generation, {.min = 0});
    visit("lastTransitionTime", condition.last_transition_time, {.required = true, .format = "date-time"});
    visit(
        "reason", condition.reason,
        {.required = true, .length_min = 1, .length_max = 1024, .pattern = "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"});
    visit("message", condition.message, {.required = true, .length_max = 32768});
}

template <class Visitor>
void fields(Visitor& visit, ObjectReference& reference) {
    visit("name", reference.name, a_name("CairnCluster in the same namespace.", 63, true));
}

template <class Visitor>
void fields(Visitor& visit, SecretReference& reference) {
    visit("name", reference.name, a_name("Secret, same namespace.", 253, true));
    visit("key", reference.key, {.text = "Key inside the Secret.", .length_max = 253});
}

template <class Visitor>
void fields(Visitor& visit, ExtraMetadata& metadata) {
    visit("labels", metadata.labels, {.text = "Labels.", .length_max = 1024});
    visit("annotations", metadata.annotations, {.text = "Annotations.", .length_max = 8192});
}

inline const About kConditions{
    .text = "Conditions by the conventions of Kubernetes (metav1.Condition).", .items_max = 64, .key = "type"};
inline const About kClusterReference{.text = "Cluster this object belongs to.",
                                     .required = true,
                                     .rules = {{"self == oldSelf", "clusterRef is immutable"}}};

}  // namespace cairn::api
