#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

// How the custom resources are declared: each struct has a function
//
//     template <class Visitor>
//     void fields(Visitor& visit, Healing& healing) {
//         visit("enabled", healing.enabled, {.text = "..."});
//     }
//
// that names its members once. Visitors make of it the schema in crds/ (SchemaVisitor), a struct of JSON (ReadVisitor)
// and JSON of a struct (WriteVisitor). The default of a member is its default in C++.

namespace cairn::api {

using Json = nlohmann::json;

/// A rule in CEL, which the API server checks; the reader does not know CEL (validate.h says the same in C++).
struct Rule {
    std::string_view rule;
    std::string_view message;
    std::string_view reason = {};
};

/// What a member may be, beside its type. Limits are in the schema, and the reader keeps them too.
struct About {
    std::string_view text = {};  // for `kubectl explain`
    bool required = false;
    std::optional<int64_t> min = {};  // of numbers
    std::optional<int64_t> max = {};
    size_t length_min = 0;  // of texts, bytes
    size_t length_max = 0;  // of texts (of each value, in maps); 0: no limit
    std::string_view pattern = {};  // of texts
    std::string_view format = {};  // of texts: date-time
    size_t items_min = 0;
    size_t items_max = 64;  // of lists and maps
    std::string_view key = {};  // of lists of objects: the member that tells them apart
    bool set = false;  // of lists of texts: no value twice
    std::vector<Rule> rules = {};
    About* items = nullptr;  // of lists: what each element may be; outlives the call
};

/// Names of an enumeration's values, in their order.
template <class E>
struct Names;

template <class E>
concept Named = requires { Names<E>::kAll[0]; };

template <Named E>
std::string_view name_of(E value) {
    return Names<E>::kAll[size_t(value)];
}

}  // namespace cairn::api
