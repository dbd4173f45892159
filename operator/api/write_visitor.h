#pragma once
#include <map>
#include <string>

#include "operator/api/fields.h"
#include "operator/api/quantity.h"

namespace cairn::api {

/// Makes JSON of a declared struct, defaults included. Left out: what has no value; texts, lists
/// and maps that are empty, unless they are required texts. @see fields.h
class WriteVisitor {
public:
    template <class T>
    void operator()(std::string_view name, T& member, const About& about = {}) {
        Json json = of(member);
        if (json.is_null() && about.required) json = empty(member);
        if (!json.is_null()) object_[std::string(name)] = std::move(json);
    }
    void rule(const Rule&) {}

    template <class T>
    static Json of_struct(T& value) {
        WriteVisitor visitor;
        fields(visitor, value);
        return std::move(visitor.object_);
    }

private:
    template <class T>
    static Json empty(const T&) {
        return {};
    }
    static Json empty(const std::string&) { return ""; }

    static Json text(const std::string& value) { return value.empty() ? Json() : Json(value); }

    static Json of(bool value) { return value; }
    static Json of(int32_t value) { return value; }
    static Json of(int64_t value) { return value; }
    static Json of(std::string& value) { return text(value); }
    static Json of(Quantity& value) { return text(value.text); }
    static Json of(Period& value) { return text(value.text); }
    static Json of(Amount& value) { return text(value.text); }
    static Json of(CountOrPercent& value) { return value.is_number ? Json(std::stoll(value.text)) : Json(value.text); }
    static Json of(Json& value) { return value; }
    template <Named E>
    static Json of(E& value) {
        return name_of(value);
    }
    template <class T>
    static Json of(std::optional<T>& value) {
        return value ? of(*value) : Json();
    }
    template <class V>
    static Json of(std::map<std::string, V>& value) {
        Json json;
        for (auto& [key, element] : value) {
            if constexpr (std::is_same_v<V, std::string>) {
                json[key] = element;  // a label may be empty
            } else {
                json[key] = of(element);
            }
        }
        return json;
    }
    template <class T>
    static Json of(std::vector<T>& value) {
        Json json;
        for (T& element : value) json.push_back(of(element));
        return json;
    }
    template <class T>
    static Json of(T& value) {
        return of_struct(value);
    }

    Json object_ = Json::object();
};

}  // namespace cairn::api
