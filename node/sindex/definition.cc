#include "node/sindex/definition.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "common/base64/base64.h"
#include "common/wire/message.h"
#include "node/cdt/operation.h"
#include "node/expr/program.h"
#include "node/record/msgpack.h"

namespace cairn::sindex {
namespace {

constexpr size_t kNamespaceNameMax = 31;
constexpr size_t kIndexNameMax = 63;
constexpr size_t kSetNameMax = 63;
using wire::kBinNameMax;
constexpr size_t kEncodedMax = 64 << 10;

constexpr std::string_view kTypesAllowed = " - must be one of 'numeric', 'string', 'blob', 'geo2dsphere'";

struct NamedType {
    std::string_view name;
    ValueType type;
};
constexpr NamedType kValueTypes[] = {{"numeric", ValueType::numeric},
                                     {"string", ValueType::string},
                                     {"blob", ValueType::blob},
                                     {"geo2dsphere", ValueType::geo2dsphere},
                                     {"integer", ValueType::numeric}};  // of newer clients
constexpr std::array<std::string_view, 5> kIndexTypes = {"default", "list", "mapkeys", "mapvalues", "set"};

bool same_letters(std::string_view a, std::string_view b) {
    return std::ranges::equal(
        a, b, {}, [](unsigned char c) { return std::tolower(c); }, [](unsigned char c) { return std::tolower(c); });
}

std::unexpected<Error> refuse(std::string text) { return fail(ResultCode::parameter, std::move(text)); }

/// One parameter while it is checked.
using Sent = std::optional<std::string_view>;

/// Refuses a parameter that is empty or too long.
Result<void> check(const Sent& sent, std::string_view key, size_t size_max, ResultCode code = ResultCode::parameter) {
    const std::string quoted = "'" + std::string(key) + "'";
    if (sent && sent->empty()) return fail(code, "missing " + quoted + " value");
    if (sent && sent->size() > size_max) return fail(code, quoted + " value too long");
    return {};
}

Result<void> require(const Sent& sent, std::string_view key, size_t size_max, ResultCode code = ResultCode::parameter) {
    if (!sent) return fail(code, "missing '" + std::string(key) + "'");
    return check(sent, key, size_max, code);
}

Result<Definition> parse_set_index(const Parameters& parameters, Definition definition) {
    const std::pair<const Sent&, const char*> others[] = {{parameters.bin, "bin"},
                                                          {parameters.type, "type"},
                                                          {parameters.expression, "exp"},
                                                          {parameters.context, "context"},
                                                          {parameters.data, "indexdata"}};
    for (const auto& [sent, key] : others) {
        if (sent) return refuse(std::string(key) + " parameter is not supported for set index");
    }
    if (const auto wrong = require(parameters.set, "set", kSetNameMax); !wrong) return std::unexpected(wrong.error());
    definition.set = *parameters.set;
    return definition;
}

Result<void> parse_context(const Parameters& parameters, Definition& definition) {
    if (const auto wrong = check(parameters.context, "context", kEncodedMax); !wrong) return wrong;
    if (!parameters.context) return {};
    auto context = decode_base64(*parameters.context);
    if (!context) return refuse("'context' invalid base64");
    if (!is_context(as_bytes(*context))) return refuse("'context' invalid cdt context");
    definition.context = std::move(*context);
    return {};
}

std::string_view name_of(expr::Type type) {
    switch (type) {
        case expr::Type::integer: return "integer";
        case expr::Type::string: return "string";
        case expr::Type::blob: return "blob";
        case expr::Type::floating: return "float";
        case expr::Type::boolean: return "bool";
        case expr::Type::list: return "list";
        case expr::Type::map: return "map";
        case expr::Type::geojson: return "geojson";
        case expr::Type::hll: return "hll";
        default: return "null";
    }
}

/// The type an expression has whose result gives the values.
expr::Type result_type(const Definition& definition) {
    if (definition.index_type == IndexType::list) return expr::Type::list;
    if (definition.index_type != IndexType::whole) return expr::Type::map;
    switch (definition.type) {
        case ValueType::numeric: return expr::Type::integer;
        case ValueType::string: return expr::Type::string;
        case ValueType::blob: return expr::Type::blob;
        case ValueType::geo2dsphere: break;
    }
    return expr::Type::geojson;
}

/// Whether an expression's value depends on a record's bins and digest, and on nothing else: entries are kept when a
/// record changes, and neither its key nor its age change with it.
bool depends_on_bins_only(const expr::Program& program) {
    bool depends = false;
    for (const expr::Node& node : program.nodes) {
        const bool digest = node.code == expr::Code::digest_modulo;
        if (node.code == expr::Code::key) return false;
        if (!digest && node.code > expr::Code::digest_modulo && node.code <= expr::Code::record_size) return false;
        depends |= digest || node.code == expr::Code::bin || node.code == expr::Code::bin_type;
    }
    return depends;
}

Result<void> parse_expression(const Parameters& parameters, Definition& definition) {
    auto source = decode_base64(*parameters.expression);
    if (!source) return refuse("bad 'exp'");
    expr::Program program;
    if (expr::compile(as_bytes(*source), program) != ResultCode::ok || !depends_on_bins_only(program)) {
        return refuse("bad 'exp'");
    }
    const expr::Type wanted = result_type(definition);
    if (program.type() != wanted) {
        return refuse("bad 'exp' - expression type '" + std::string(name_of(program.type())) +
                      "' does not match expected type '" + std::string(name_of(wanted)) + "'");
    }
    definition.expression = std::move(*source);
    return {};
}

/// `type`, with `bin` or `exp`.
Result<void> parse_source(const Parameters& parameters, Definition& definition) {
    const auto type = value_type_of(*parameters.type);
    if (!type) return refuse("bad 'type'" + std::string(kTypesAllowed));
    definition.type = *type;
    if (const auto wrong = check(parameters.bin, "bin", kBinNameMax); !wrong) return wrong;
    if (const auto wrong = check(parameters.expression, "exp", kEncodedMax); !wrong) return wrong;
    if (parameters.bin && parameters.expression) return refuse("both 'bin' and 'exp' are specified");
    if (!parameters.bin && !parameters.expression) return refuse("both 'bin' and 'exp' are missing");
    if (parameters.bin) definition.bin = *parameters.bin;
    if (!parameters.expression) return {};
    if (parameters.context) return refuse("both 'context' and 'exp' are specified");
    return parse_expression(parameters, definition);
}

/// `indexdata`, of older clients: bin and type in one.
Result<void> parse_data(std::string_view data, Definition& definition) {
    const size_t comma = data.find(',');
    if (comma == std::string_view::npos) return refuse("'indexdata' missing bin type");
    if (comma == 0) return refuse("'indexdata' missing bin name");
    if (comma > kBinNameMax) return refuse("'indexdata' bin name too long");
    definition.bin = data.substr(0, comma);
    const auto type = value_type_of(data.substr(comma + 1));
    if (!type) return refuse("bad 'indexdata' bin type" + std::string(kTypesAllowed));
    definition.type = *type;
    return {};
}

Result<void> parse_values(const Parameters& parameters, Definition& definition) {
    if (const auto wrong = check(parameters.data, "indexdata", kEncodedMax); !wrong) return wrong;
    if (const auto wrong = check(parameters.type, "type", kEncodedMax); !wrong) return wrong;
    if (!parameters.data && !parameters.type) return refuse("both 'indexdata' and 'type' are missing");
    if (parameters.data && parameters.type) return refuse("both 'indexdata' and 'type' are specified");
    const auto parsed =
        parameters.type ? parse_source(parameters, definition) : parse_data(*parameters.data, definition);
    if (!parsed) return parsed;
    if (definition.index_type == IndexType::map_keys && definition.type == ValueType::geo2dsphere) {
        return refuse(
            "bad 'indexdata' bin type for 'indextype' 'mapkeys' - must be one of 'numeric', 'string', 'blob'");
    }
    return {};
}

}  // namespace

bool Definition::same_content(const Definition& other) const {
    Definition renamed = other;
    renamed.name = name;
    return *this == renamed;
}

std::string_view name_of(ValueType type) { return std::ranges::find(kValueTypes, type, &NamedType::type)->name; }
std::string_view name_of(IndexType type) { return kIndexTypes[size_t(type)]; }

std::optional<ValueType> value_type_of(std::string_view name) {
    for (const NamedType& known : kValueTypes) {
        if (same_letters(known.name, name)) return known.type;
    }
    return std::nullopt;
}

std::optional<IndexType> index_type_of(std::string_view name) {
    for (size_t i = 0; i < kIndexTypes.size(); ++i) {
        if (same_letters(kIndexTypes[i], name)) return IndexType(i);
    }
    return std::nullopt;
}

bool is_context(Bytes bytes) {
    record::msgpack::Reader whole(bytes);
    if (!whole.skip() || !whole.at_end()) return false;
    record::msgpack::Reader reader(bytes);
    for (record::msgpack::Element element; !reader.at_end();) {
        if (!reader.next(element) || !element.canonical) return false;
    }
    cdt::Context context;
    if (context.parse(bytes) != ResultCode::ok) return false;
    for (cdt::Step step; !context.empty();) {
        if (context.next(step) != ResultCode::ok) return false;
    }
    return true;
}

Result<Definition> parse_definition(const Parameters& parameters) {
    if (const auto wrong = require(parameters.name, "indexname", kIndexNameMax); !wrong) {
        return std::unexpected(wrong.error());
    }
    constexpr auto kNoNamespace = ResultCode::namespace_not_found;
    if (const auto wrong = require(parameters.ns, "namespace", kNamespaceNameMax, kNoNamespace); !wrong) {
        return std::unexpected(wrong.error());
    }
    Definition definition;
    definition.name = *parameters.name;
    const auto index_type = index_type_of(parameters.index_type.value_or("default"));
    if (index_type == IndexType::set) {
        definition.index_type = IndexType::set;
        return parse_set_index(parameters, std::move(definition));
    }
    if (const auto wrong = check(parameters.set, "set", kSetNameMax); !wrong) return std::unexpected(wrong.error());
    definition.set = parameters.set.value_or("");
    if (const auto wrong = parse_context(parameters, definition); !wrong) return std::unexpected(wrong.error());
    if (const auto wrong = check(parameters.index_type, "indextype", kEncodedMax); !wrong) {
        return std::unexpected(wrong.error());
    }
    if (!index_type) return refuse("bad 'indextype' - must be one of 'default', 'list', 'mapkeys', 'mapvalues'");
    definition.index_type = *index_type;
    if (const auto wrong = parse_values(parameters, definition); !wrong) return std::unexpected(wrong.error());
    return definition;
}

}  // namespace cairn::sindex
