#include <algorithm>
#include <cctype>

#include "node/record/msgpack.h"
#include "node/server/info/commands.h"

// Secondary indexes. There are none yet: lists are empty, what is not there is removed with success, and a new one is
// refused, but only after the checks that refuse a wrong one.
namespace cairn::server {
namespace {

constexpr size_t kIndexNameMax = 63;
constexpr size_t kBinNameMax = 15;

std::string lower(std::string_view text) {
    std::string all(text);
    std::ranges::transform(all, all.begin(), [](unsigned char c) { return std::tolower(c); });
    return all;
}

bool is_value_type(std::string_view type) {
    const std::string name = lower(type);
    return name == "numeric" || name == "integer" || name == "string" || name == "blob" || name == "geo2dsphere";
}
constexpr std::string_view kValueTypes = " - must be one of 'numeric', 'string', 'blob', 'geo2dsphere'";

/// Whether base64 `text` holds one list in MessagePack.
bool is_encoded_list(std::string_view text, uint32_t count_multiple) {
    const auto bytes = decode_base64(text);
    if (!bytes) return false;
    record::msgpack::Element element;
    record::msgpack::Reader first(as_bytes(*bytes));
    if (!first.next(element) || element.type != record::msgpack::Type::list) return false;
    if (element.count == 0 || element.count % count_multiple != 0) return false;
    record::msgpack::Reader whole(as_bytes(*bytes));
    return whole.skip() && whole.at_end();
}

/// What a new index is over.
struct IndexedValue {
    std::string type;
    bool has_bin = false;
};

InfoResult<IndexedValue> indexed_value(const InfoCommand& command) {
    const auto refuse = [](std::string_view text) { return std::unexpected(info_error(4, text)); };
    const auto data = command.optional({"indexdata"});
    if (!data) return std::unexpected(data.error());
    if (*data) {
        const size_t comma = (*data)->find(',');
        if (comma == std::string_view::npos) return refuse("'indexdata' missing bin type");
        if (comma == 0) return refuse("'indexdata' missing bin name");
        if (comma > kBinNameMax) return refuse("'indexdata' bin name too long");
        const std::string_view type = (*data)->substr(comma + 1);
        if (!is_value_type(type)) return refuse("bad 'indexdata' bin type" + std::string(kValueTypes));
        return IndexedValue{lower(type), true};
    }
    const auto type = command.optional({"type"});
    if (!type) return std::unexpected(type.error());
    if (!*type) return refuse("both 'indexdata' and 'type' are missing");
    const auto bin = command.optional({"bin"}, kBinNameMax);
    if (!bin) return std::unexpected(bin.error());
    if (!is_value_type(**type)) return refuse("bad 'type'" + std::string(kValueTypes));
    return IndexedValue{lower(**type), bin->has_value()};
}

/// @return  what is wrong with an index over a value.
std::optional<std::string> check_value_index(const InfoCommand& command, std::string_view index_type) {
    const auto value = indexed_value(command);
    if (!value) return value.error();
    const bool typed =
        index_type == "default" || index_type == "list" || index_type == "mapkeys" || index_type == "mapvalues";
    if (!typed) return info_error(4, "bad 'indextype' - must be one of 'default', 'list', 'mapkeys', 'mapvalues'");
    if (index_type == "mapkeys" && value->type == "geo2dsphere") {
        return info_error(
            4, "bad 'indexdata' bin type for 'indextype' 'mapkeys' - must be one of 'numeric', 'string', 'blob'");
    }
    const auto context = command.optional({"context"});
    if (!context) return context.error();
    const auto exp = command.optional({"exp"});
    if (!exp) return exp.error();
    if (value->has_bin && *exp) return info_error(4, "both 'bin' and 'exp' are specified");
    if (!value->has_bin && !*exp) return info_error(4, "both 'bin' and 'exp' are missing");
    if (*context && *exp) return info_error(4, "both 'context' and 'exp' are specified");
    if (*context && !decode_base64(**context)) return info_error(4, "'context' invalid base64");
    if (*context && !is_encoded_list(**context, 2)) return info_error(4, "'context' invalid cdt context");
    if (*exp && !is_encoded_list(**exp, 1)) return info_error(4, "bad 'exp'");
    return std::nullopt;
}

std::string create_index(const InfoCommand& command) {
    const auto name = command.required({"indexname"}, kIndexNameMax);
    if (!name) return name.error();
    const auto set = command.optional({"set"}, partition::kSetNameMax);
    if (!set) return set.error();
    const std::string index_type = lower(command.parameter({"indextype"}).value_or("default"));
    if (index_type == "set") {
        if (!*set) return info_error(4, "missing 'set'");
        for (const std::string_view other : {"bin", "type", "exp", "context", "indexdata"}) {
            if (command.parameter({other}))
                return info_error(4, std::string(other) + " parameter is not supported for set index");
        }
    } else if (const auto wrong = check_value_index(command, index_type)) {
        return *wrong;
    }
    const auto ns = command.namespace_name();
    if (!ns) return ns.error();
    return info_error(16, "secondary indexes are not supported yet");
}

/// The parameters by which one index is named. @return  what is wrong with them.
std::optional<std::string> check_index_name(const InfoCommand& command) {
    const auto name = command.required({"indexname"}, kIndexNameMax);
    if (!name) return name.error();
    const auto ns = command.namespace_name();
    if (!ns) return ns.error();
    return std::nullopt;
}

/// The answer for an index that is not there: `absent`, unless its namespace is not there either.
std::string look_up_index(const InfoCommand& command, const State& state, std::string_view absent) {
    if (const auto wrong = check_index_name(command)) return *wrong;
    return state.find_namespace(*command.namespace_name()) == nullptr ? no_such_namespace() : std::string(absent);
}

/// `sindex-list`, `sindex`, `sindex/<ns>`, `sindex/<ns>/<index>`
std::string list_indexes(const InfoCommand& command, const State& state) {
    if (!command.argument.empty()) {
        const size_t slash = command.argument.find('/');
        if (state.find_namespace(command.argument.substr(0, slash)) == nullptr) return "ns_type=unknown";
        return slash == std::string_view::npos ? "" : info_error(201, "no index");
    }
    if (const auto b64 = command.parameter({"b64"}); b64 && *b64 != "true" && *b64 != "false") {
        return info_error(4, "bad b64");
    }
    const auto ns = command.parameter({"namespace", "ns", "id"});
    return ns && state.find_namespace(*ns) == nullptr ? no_such_namespace() : "";
}

}  // namespace

void add_definition_commands(Info& info, State& state) {
    info.add("sindex-create", [](const InfoCommand& command, InfoSession&) { return create_index(command); });
    info.add("sindex-delete",
             [](const InfoCommand& command, InfoSession&) { return check_index_name(command).value_or("ok"); });
    info.add("sindex-exists",
             [&state](const InfoCommand& command, InfoSession&) { return look_up_index(command, state, "false"); });
    info.add("sindex-stat", [&state](const InfoCommand& command, InfoSession&) {
        return look_up_index(command, state, info_error(201, "no index"));
    });
    for (const std::string_view name : {"sindex-list", "sindex"}) {
        info.add(name, [&state](const InfoCommand& command, InfoSession&) { return list_indexes(command, state); });
    }
}

}  // namespace cairn::server
