#include "node/tools/value_json.h"

#include <cmath>

#include "common/base64/base64.h"
#include "node/tools/msgpack_json.h"

namespace cairn::ctl {
namespace {

using client::Value;
using wire::Particle;

struct TypeName {
    Particle type;
    std::string_view name;
};
constexpr TypeName kTypes[] = {
    {Particle::null, "null"},
    {Particle::integer, "integer"},
    {Particle::floating, "float"},
    {Particle::string, "string"},
    {Particle::blob, "blob"},
    {Particle::java_blob, "java_blob"},
    {Particle::csharp_blob, "csharp_blob"},
    {Particle::python_blob, "python_blob"},
    {Particle::ruby_blob, "ruby_blob"},
    {Particle::php_blob, "php_blob"},
    {Particle::erlang_blob, "erlang_blob"},
    {Particle::vector, "vector"},
    {Particle::boolean, "boolean"},
    {Particle::hll, "hll"},
    {Particle::map, "map"},
    {Particle::list, "list"},
    {Particle::geojson, "geojson"},
};

Json wrapped_bytes(const Value& value) { return Json{{"$" + type_name(value.type), encode_base64(value.bytes)}}; }

/// GeoJSON on the wire: a byte of flags, a count of cells of 8 bytes each, the text.
constexpr size_t kGeojsonHeader = 3;

std::optional<std::string_view> geojson_text(const Value& value) {
    if (value.bytes.size() < kGeojsonHeader) return std::nullopt;
    const size_t cells = load_be<uint16_t>(as_bytes(value.bytes).data() + 1);
    if (value.bytes.size() < kGeojsonHeader + 8 * cells) return std::nullopt;
    return std::string_view(value.bytes).substr(kGeojsonHeader + 8 * cells);
}

}  // namespace

std::string type_name(Particle type) {
    for (const auto& [known, name] : kTypes) {
        if (known == type) return std::string(name);
    }
    return "type_" + std::to_string(int(type));
}

Json geojson_json(std::string_view text) {
    auto parsed = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    return Json{{"$geojson", parsed.is_discarded() ? Json(std::string(text)) : std::move(parsed)}};
}

Json to_json(const Value& value) {
    switch (value.type) {
        case Particle::null: return nullptr;
        case Particle::integer:
            if (const auto integer = value.as_integer()) return *integer;
            break;
        case Particle::floating:
            if (const auto real = value.as_real()) {
                if (std::isnan(*real)) return "NaN";
                if (std::isinf(*real)) return *real < 0 ? "-Infinity" : "Infinity";
                return *real;
            }
            break;
        case Particle::boolean:
            if (const auto boolean = value.as_boolean()) return *boolean;
            break;
        case Particle::string: return value.bytes;
        case Particle::list:
        case Particle::map:
            if (auto json = from_msgpack(as_bytes(value.bytes))) return std::move(*json);
            break;
        case Particle::geojson:
            if (const auto text = geojson_text(value)) return geojson_json(*text);
            break;
        default: break;
    }
    return wrapped_bytes(value);
}

Json bins_json(const client::Record& record) {
    Json bins = Json::object();
    for (const auto& [name, value] : record.bins) bins[name] = to_json(value);
    return bins;
}

std::optional<Result<Wrapped>> unwrap(const Json& object) {
    if (!object.is_object() || object.size() != 1) return std::nullopt;
    const auto only = object.begin();
    if (only.key() == "$geojson") {
        return Wrapped{Particle::geojson, only->is_string() ? only->get<std::string>() : only->dump()};
    }
    for (const auto& [type, name] : kTypes) {
        const bool bytes = name.ends_with("blob") || type == Particle::hll || type == Particle::vector;
        if (!bytes || only.key() != "$" + std::string(name)) continue;
        if (!only->is_string()) return fail(only.key() + " must be base64 in quotes");
        const auto& text = only->get_ref<const std::string&>();
        auto content = decode_base64(text);
        if (!content) return fail(only.key() + " must be base64, got '" + text + "'");
        return Wrapped{type, std::move(*content)};
    }
    return std::nullopt;
}

Result<Value> parse_value(std::string_view text) {
    const auto json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (json.is_discarded()) return Value::text(text);
    if (json.is_null()) return Value{};
    if (json.is_boolean()) return Value::boolean(json.get<bool>());
    if (json.is_string()) return Value::text(json.get_ref<const std::string&>());
    if (json.is_number_float()) return Value::real(json.get<double>());
    if (json.is_number_unsigned() && json.get<uint64_t>() > uint64_t{INT64_MAX}) {
        return fail("integers are at most 9223372036854775807, got " + std::string(text));
    }
    if (json.is_number_integer()) return Value::integer(json.get<int64_t>());
    if (const auto wrapped = unwrap(json)) {
        if (!*wrapped) return std::unexpected(wrapped->error());
        const bool geojson = (*wrapped)->type == Particle::geojson;
        return Value{(*wrapped)->type, (geojson ? std::string(kGeojsonHeader, '\0') : "") + (*wrapped)->content};
    }
    Buffer bytes;
    if (const auto written = to_msgpack(json, bytes); !written) return std::unexpected(written.error());
    return Value{json.is_array() ? Particle::list : Particle::map, std::string(as_text(bytes.bytes()))};
}

}  // namespace cairn::ctl
