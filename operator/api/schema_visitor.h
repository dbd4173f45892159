#pragma once
#include <map>
#include <string>

#include "operator/api/fields.h"
#include "operator/api/quantity.h"

namespace cairn::api {

/// Members in the order in which they are declared.
using OrderedJson = nlohmann::ordered_json;

/// Writes the limits of `about` into `schema`, beside its type.
void add_limits(OrderedJson& schema, const About& about);
/// A list of rules as the schema has it.
OrderedJson rules_json(const std::vector<Rule>& rules);

/// Makes the OpenAPI schema of a declared struct. @see fields.h
class SchemaVisitor {
public:
    enum class Defaults : uint8_t { written, left_out };

    explicit SchemaVisitor(Defaults defaults) : defaults_(defaults) {}

    template <class T>
    void operator()(std::string_view name, T& member, const About& about = {}) {
        properties_[std::string(name)] = of(member, about);
        if (about.required) required_.push_back(name);
    }
    /// A rule over the whole struct.
    void rule(Rule rule) { rules_.push_back(rule); }

    /// The schema of `value`, whose members have their defaults.
    template <class T>
    static OrderedJson of_struct(T& value, const About& about, Defaults defaults) {
        SchemaVisitor visitor(defaults);
        fields(visitor, value);
        OrderedJson schema;
        schema["type"] = "object";
        if (!about.text.empty()) schema["description"] = about.text;
        schema["properties"] = std::move(visitor.properties_);
        if (!visitor.required_.empty()) schema["required"] = std::move(visitor.required_);
        std::vector<Rule> rules = about.rules;
        rules.insert(rules.end(), visitor.rules_.begin(), visitor.rules_.end());
        if (!rules.empty()) schema["x-kubernetes-validations"] = rules_json(rules);
        return schema;
    }

private:
    template <class T>
    OrderedJson with_default(OrderedJson schema, const T& value, const About& about) const {
        if (defaults_ == Defaults::written && !about.required) schema["default"] = value;
        return schema;
    }
    static OrderedJson typed(std::string_view type, const About& about) {
        OrderedJson schema;
        schema["type"] = type;
        add_limits(schema, about);
        return schema;
    }
    static About texts(About about, std::string_view pattern, size_t length_max) {
        about.pattern = pattern;
        about.length_max = length_max;
        return about;
    }

    OrderedJson of(bool& value, const About& about) const {
        return with_default(typed("boolean", about), value, about);
    }
    OrderedJson of(int32_t& value, const About& about) const { return of_number(value, "int32", about); }
    OrderedJson of(int64_t& value, const About& about) const { return of_number(value, "int64", about); }
    template <class N>
    OrderedJson of_number(N value, const char* format, const About& about) const {
        OrderedJson schema = typed("integer", about);
        schema["format"] = format;
        return with_default(std::move(schema), value, about);
    }
    OrderedJson of(std::string& value, const About& about) const {
        OrderedJson schema = typed("string", about);
        return value.empty() ? schema : with_default(std::move(schema), value, about);
    }
    OrderedJson of(Quantity& value, const About& about) const {
        return of(value.text, texts(about, kQuantityPattern, 24));
    }
    OrderedJson of(Period& value, const About& about) const { return of(value.text, texts(about, kPeriodPattern, 32)); }
    OrderedJson of(CountOrPercent& value, const About& about) const {
        OrderedJson schema;
        add_limits(schema, about);
        schema["anyOf"] = {{{"type", "integer"}}, {{"type", "string"}}};
        schema["pattern"] = kCountOrPercentPattern;
        schema["x-kubernetes-int-or-string"] = true;
        return value.is_number ? with_default(std::move(schema), std::stoll(value.text), about)
                               : with_default(std::move(schema), value.text, about);
    }
    OrderedJson of(Amount&, const About& about) const {
        OrderedJson schema;
        add_limits(schema, about);
        schema["x-kubernetes-int-or-string"] = true;
        return schema;
    }
    OrderedJson of(Json&, const About& about) const {
        OrderedJson schema = typed("object", about);
        schema["x-kubernetes-preserve-unknown-fields"] = true;
        return schema;
    }
    template <Named E>
    OrderedJson of(E& value, const About& about) const {
        OrderedJson schema = typed("string", about);
        for (const std::string_view name : Names<E>::kAll) schema["enum"].push_back(name);
        return with_default(std::move(schema), name_of(value), about);
    }
    template <class T>
    OrderedJson of(std::optional<T>&, const About& about) const {
        T value{};
        About bare = about;
        bare.required = true;  // what may be absent has no default
        return of(value, bare);
    }
    template <class V>
    OrderedJson of(std::map<std::string, V>&, const About& about) const {
        About of_map = about;
        of_map.length_max = 0;
        OrderedJson schema = typed("object", of_map);
        schema["maxProperties"] = about.items_max;
        V value{};
        schema["additionalProperties"] = of(value, {.required = true, .length_max = about.length_max});
        return schema;
    }
    template <class T>
    OrderedJson of(std::vector<T>& value, const About& about) const {
        OrderedJson schema = typed("array", {.text = about.text, .rules = about.rules});
        if (about.items_min != 0) schema["minItems"] = about.items_min;
        schema["maxItems"] = about.items_max;
        T element{};
        About of_element = about.items != nullptr ? *about.items : About{};
        of_element.required = true;
        schema["items"] = of(element, of_element);
        schema["x-kubernetes-list-type"] = !about.key.empty() ? "map" : about.set ? "set" : "atomic";
        if (!about.key.empty()) schema["x-kubernetes-list-map-keys"] = {about.key};
        if (value.empty() || defaults_ == Defaults::left_out) return schema;
        OrderedJson defaults = OrderedJson::array();
        if constexpr (Named<T>) {
            for (const T each : value) defaults.push_back(name_of(each));
        }
        return with_default(std::move(schema), defaults, about);
    }
    template <class T>
    OrderedJson of(T& value, const About& about) const {
        return with_default(of_struct(value, about, defaults_), OrderedJson::object(), about);
    }

    const Defaults defaults_;
    OrderedJson properties_ = OrderedJson::object();
    OrderedJson required_ = OrderedJson::array();
    std::vector<Rule> rules_;
};

}  // namespace cairn::api
