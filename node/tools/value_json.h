#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "common/client/reply.h"
#include "node/tools/render.h"

/// Bin values as people type and read them. What JSON does not have is an object of one member: {"$blob": base64},
/// {"$geojson": {…}}, {"$hll": base64}, {"$java_blob": base64} and so on; NaN and infinities are strings.
namespace cairn::ctl {

Json to_json(const client::Value& value);
/// "integer", "string", "list", …
std::string type_name(wire::Particle type);
/// The bins of a record as one object.
Json bins_json(const client::Record& record);

/// The value of BIN=VALUE: JSON when it is that, else the text itself. null is no value: it removes the bin.
/// @error  JSON that no bin can hold.
Result<client::Value> parse_value(std::string_view text);

/// What {"$blob": …} or {"$geojson": …} holds; nothing when it is an ordinary object.
struct Wrapped {
    wire::Particle type;
    std::string content;
};
std::optional<Result<Wrapped>> unwrap(const Json& object);
Json geojson_json(std::string_view text);

}  // namespace cairn::ctl
