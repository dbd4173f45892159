#include <nlohmann/json.hpp>

#include "common/config/write.h"

namespace cairn::config {
namespace {

using Json = nlohmann::ordered_json;

Json number_schema(const Parameter& parameter) {
    Json number = {{"type", "integer"}, {"minimum", parameter.minimum}};
    if (parameter.maximum != kUnlimited) number["maximum"] = parameter.maximum;
    if (parameter.type == Type::integer || parameter.type == Type::percentage) return number;
    const char* suffixed = parameter.type == Type::size ? "^[0-9]+([KMGTkmgt]i?)?$" : "^[0-9]+[smhd]?$";
    return {{"oneOf", Json::array({number, {{"type", "string"}, {"pattern", suffixed}}})}};
}

Json text_schema(const Parameter& parameter) {
    return {{"type", "string"}, {"pattern", "^" + parameter.pattern + "$"}, {"maxLength", parameter.maximum}};
}

Json type_schema(const Parameter& parameter) {
    switch (parameter.type) {
        case Type::boolean: return {{"type", "boolean"}};
        case Type::choice: return {{"enum", parameter.choices}};
        case Type::text: return text_schema(parameter);
        case Type::list: return {{"type", "array"}, {"items", text_schema(parameter)}};
        default: return number_schema(parameter);
    }
}

Json parameter_schema(const Parameter& parameter) {
    Json schema = type_schema(parameter);
    std::visit([&](const auto& value) { schema["default"] = value; }, parameter.default_value);
    schema["description"] = parameter.description;
    if (parameter.type == Type::size) schema["unit"] = "bytes";
    if (parameter.type == Type::period) schema["unit"] = "s";
    if (parameter.type == Type::percentage) schema["unit"] = "percent";
    if (!parameter.unit.empty()) schema["unit"] = parameter.unit;
    schema["dynamic"] = parameter.dynamic;
    if (parameter.planned) schema["planned"] = true;
    return schema;
}

Json object() { return {{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}}; }

/// Puts `schema` where the dots of `path` lead.
void place(Json& root, const std::string& path, Json schema) {
    Json* at = &root;
    size_t from = 0;
    for (size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.', from)) {
        Json& child = (*at)["properties"][path.substr(from, dot - from)];
        if (child.is_null()) child = object();
        at = &child;
        from = dot + 1;
    }
    (*at)["properties"][path.substr(from)] = std::move(schema);
}

Json section_schema(const Section& section) {
    Json schema = object();
    for (const Parameter& parameter : section.parameters) place(schema, parameter.path, parameter_schema(parameter));
    for (const Section& list : section.lists) {
        Json item = section_schema(list);
        item["required"] = {"name"};
        place(schema, list.key, {{"type", "array"}, {"description", list.description}, {"items", std::move(item)}});
    }
    return schema;
}

}  // namespace

std::string json_schema(const Section& section, const std::string& title) {
    Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", title}};
    schema.update(section_schema(section));
    return schema.dump(2) + "\n";
}

}  // namespace cairn::config
