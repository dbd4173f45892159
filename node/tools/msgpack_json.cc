#include "node/tools/msgpack_json.h"

#include <cmath>

#include "common/base64/base64.h"
#include "node/record/msgpack.h"
#include "node/tools/value_json.h"

namespace cairn::ctl {
namespace {

namespace msgpack = record::msgpack;
using msgpack::Element;
using msgpack::Type;

Json real_json(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
    return value;
}

/// A raw value without its prefix byte, where it has a known one.
std::string_view content(const Element& element) { return as_text(element.content.subspan(1)); }

Json raw_bytes(Bytes bytes) {
    if (!bytes.empty() && bytes[0] == msgpack::kBlobPrefix) bytes = bytes.subspan(1);
    return Json{{"$blob", encode_base64(as_text(bytes))}};
}

bool read(msgpack::Reader& reader, uint32_t depth, Json& into);

bool read_list(msgpack::Reader& reader, uint32_t count, uint32_t depth, Json& into) {
    into = Json::array();
    for (uint32_t at = 0; at < count; ++at) {
        Json value;
        if (!read(reader, depth, value)) return false;
        if (!value.is_discarded()) into.push_back(std::move(value));
    }
    return true;
}

bool read_map(msgpack::Reader& reader, uint32_t count, uint32_t depth, Json& into) {
    into = Json::object();
    for (uint32_t at = 0; at < count; ++at) {
        Json key, value;
        if (!read(reader, depth, key) || !read(reader, depth, value)) return false;
        if (!key.is_discarded()) into[plain(key)] = std::move(value);
    }
    return true;
}

/// Metadata of a container reads as a discarded value.
bool read(msgpack::Reader& reader, uint32_t depth, Json& into) {
    Element element;
    if (depth > msgpack::kDepthMax || !reader.next(element)) return false;
    switch (element.type) {
        case Type::nil: into = nullptr; return true;
        case Type::false_value: into = false; return true;
        case Type::true_value: into = true; return true;
        case Type::integer: into = element.integer; return true;
        case Type::string: into = content(element); return true;
        case Type::list: return read_list(reader, element.count, depth + 1, into);
        case Type::map: return read_map(reader, element.count, depth + 1, into);
        case Type::bytes: into = raw_bytes(element.content); return true;
        case Type::floating: into = real_json(element.floating); return true;
        case Type::geojson: into = geojson_json(content(element)); return true;
        case Type::ext: into = Json(Json::value_t::discarded); return true;
        case Type::infinity:
        case Type::wildcard: return false;
    }
    return false;
}

Result<void> write(const Json& value, uint32_t depth, Buffer& out) {
    if (depth > msgpack::kDepthMax) return fail("lists and maps may have at most 256 levels");
    if (value.is_null()) {
        msgpack::write_nil(out);
    } else if (value.is_boolean()) {
        msgpack::write_bool(out, value.get<bool>());
    } else if (value.is_number_unsigned() && value.get<uint64_t>() > uint64_t{INT64_MAX}) {
        return fail("integers are at most 9223372036854775807, got " + value.dump());
    } else if (value.is_number_integer()) {
        msgpack::write_int(out, value.get<int64_t>());
    } else if (value.is_number_float()) {
        msgpack::write_double(out, value.get<double>());
    } else if (value.is_string()) {
        msgpack::write_string(out, value.get_ref<const std::string&>());
    } else if (value.is_array()) {
        msgpack::write_list_header(out, uint32_t(value.size()));
        for (const auto& item : value) {
            if (const auto written = write(item, depth + 1, out); !written) return written;
        }
    } else if (auto wrapped = unwrap(value)) {
        if (!*wrapped) return std::unexpected(wrapped->error());
        const std::string raw =
            char((*wrapped)->type == wire::Particle::geojson ? msgpack::kGeojsonPrefix : msgpack::kBlobPrefix) +
            (*wrapped)->content;
        msgpack::write_raw(out, as_bytes(raw));
    } else {
        msgpack::write_map_header(out, uint32_t(value.size()));
        for (const auto& [key, item] : value.items()) {
            msgpack::write_string(out, key);
            if (const auto written = write(item, depth + 1, out); !written) return written;
        }
    }
    return {};
}

}  // namespace

std::optional<Json> from_msgpack(Bytes bytes) {
    msgpack::Reader reader(bytes);
    Json value;
    if (!read(reader, 1, value) || !reader.at_end()) return std::nullopt;
    return value;
}

Result<void> to_msgpack(const Json& value, Buffer& out) { return write(value, 1, out); }

}  // namespace cairn::ctl
