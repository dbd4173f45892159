#include "node/tools/record_name.h"

#include <charconv>

#include "common/client/key.h"
#include "node/tools/session.h"
#include "node/tools/text_parts.h"
#include "node/tools/value_json.h"

namespace cairn::ctl {
namespace {

constexpr std::string_view kDigestPrefix = "digest:";

Result<Digest> parse_digest(std::string_view hex) {
    Digest digest{};
    bool ok = hex.size() == 2 * Digest::kSize;
    for (size_t at = 0; ok && at < Digest::kSize; ++at) {
        const char* from = hex.data() + 2 * at;
        const auto [end, error] = std::from_chars(from, from + 2, digest.bytes[at], 16);
        ok = error == std::errc{} && end == from + 2;
    }
    if (!ok) return misuse("KEY: digest: wants 40 hexadecimal digits after it, got '" + std::string(hex) + "'");
    return digest;
}

Result<client::Value> parse_key(const std::string& text) {
    if (const auto integer = parse_integer(text)) return client::Value::integer(*integer);
    const bool json = text.starts_with('"') || text.starts_with("{\"$blob\"");
    if (!json) return client::Value::text(text);
    auto value = parse_value(text);
    if (!value) return misuse("KEY: " + value.error().detail);
    return value;
}

}  // namespace

Result<Place> parse_place(std::string_view text) {
    const size_t point = text.find('.');
    Place place{std::string(text.substr(0, point)), point == text.npos ? "" : std::string(text.substr(point + 1))};
    if (place.ns.empty() || (point != text.npos && place.set.empty())) {
        return fail("must be NS or NS.SET, got '" + std::string(text) + "'");
    }
    return place;
}

Result<RecordName> parse_record_name(const std::string& place, const std::string& key) {
    auto where = parse_place(place);
    if (!where) return misuse("NS[.SET] " + where.error().detail);
    RecordName name{.place = std::move(*where), .text = place + " " + key};
    if (key.starts_with(kDigestPrefix)) {
        const auto digest = parse_digest(std::string_view(key).substr(kDigestPrefix.size()));
        if (!digest) return std::unexpected(digest.error());
        name.digest = *digest;
        return name;
    }
    auto value = parse_key(key);
    if (!value) return std::unexpected(value.error());
    auto digester = client::Digester::create();
    if (!digester) return std::unexpected(digester.error());
    name.digest = digester->digest(name.place.set, *value);
    name.key = std::move(*value);
    return name;
}

}  // namespace cairn::ctl
