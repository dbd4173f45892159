#include "node/config/info_config.h"

#include <algorithm>
#include <optional>

#include "node/config/load.h"
#include "node/config/tables.h"

namespace cairn::config {
namespace {

constexpr std::string_view kInvalidParameter = "ERROR:4:invalid set-config parameter";
constexpr std::string_view kXdrInvalid = "ERROR:4:invalid state or set-config parameter";

std::unexpected<InfoError> refuse(std::string_view reply, std::string detail) {
    return std::unexpected(InfoError{std::string(reply), std::move(detail)});
}

std::optional<std::string> find(const InfoParameters& command, std::string_view key) {
    const auto found = std::ranges::find(command, key, &InfoParameters::value_type::first);
    if (found == command.end()) return std::nullopt;
    return found->second;
}

/// The namespace a command names, by `namespace` or the older `id`.
InfoResult<size_t> find_namespace(const NodeConfig& config, const InfoParameters& command) {
    auto name = find(command, "namespace");
    if (!name) name = find(command, "id");
    if (!name) return refuse("ERROR:20:missing 'namespace'", "the command names no namespace");
    const auto found = std::ranges::find(config.namespaces, *name, &NamespaceConfig::name);
    if (found == config.namespaces.end()) {
        return refuse("ERROR:20:namespace not found on node", "no namespace is called '" + *name + "'");
    }
    return size_t(found - config.namespaces.begin());
}

void append(std::string& text, const std::string& key, const Value& value) {
    if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
        for (const std::string& each : *texts) append(text, key, each);
        return;
    }
    text += (text.empty() ? "" : ";") + key + "=" + info_value(value);
}

/// The parameters whose path starts with `prefix`, without it.
std::string section_text(const Section& section, const Settings& settings, std::string_view prefix) {
    std::string text;
    for (const Parameter& parameter : section.parameters) {
        if (!parameter.in_info || !parameter.path.starts_with(prefix)) continue;
        const auto given = settings.values.find(parameter.path);
        append(text, parameter.info_name.substr(prefix.size()),
               given == settings.values.end() ? parameter.default_value : given->second.value);
        // Tools take the stripes' statistics for those of the engine's parts; ours has one.
        if (parameter.path == "storage-engine.type") append(text, "storage-engine.stripe[0]", "stripe-0");
    }
    return text;
}

/// `defrag-lwm-pct` → `storage-engine.defrag-lwm-pct`, `geo2dsphere-within-max-cells` → `geo2dsphere-within.max-cells`.
std::string namespace_path(const std::string& name) {
    constexpr std::string_view kGeo = "geo2dsphere-within-";
    const Section section = namespace_table().section();
    if (section.find(name)) return name;
    if (section.find("storage-engine." + name)) return "storage-engine." + name;
    if (name.starts_with(kGeo)) return "geo2dsphere-within." + name.substr(kGeo.size());
    return name;
}

template <class Owner>
std::optional<Error> set(const Table<Owner>& table, Owner& owner, const std::string& path, const std::string& text) {
    const auto value = parse_dynamic(table.section(), path, text);
    if (!value) return value.error();
    table.set(owner, path, *value);
    return std::nullopt;
}

/// The override of a set, made when the set has none yet.
Result<SetConfig*> set_override(NamespaceConfig& ns, const Table<SetConfig>& table, const std::string& name) {
    const auto valid = parse_value(*table.section().find("name"), name);
    if (!valid) return fail(valid.error().code, "set: " + valid.error().detail);
    const auto found = std::ranges::find(ns.sets, name, &SetConfig::name);
    if (found != ns.sets.end()) return &*found;
    SetConfig& made = ns.sets.emplace_back();
    made.name = name;
    return &made;
}

std::optional<Error> set_in_set(NamespaceConfig& ns, const std::string& name, const std::string& path,
                                const std::string& text) {
    const Table<SetConfig> table = set_table();
    const auto target = set_override(ns, table, name);
    if (!target) return target.error();
    return set(table, **target, path, text);
}

}  // namespace

std::string namespace_config_text(const NamespaceConfig& config) {
    static const Table<NamespaceConfig> table = namespace_table();
    static const Section section = table.section();
    return section_text(section, table.settings(config), "");
}

InfoResult<std::string> get_config(const NodeConfig& config, const InfoParameters& command) {
    const auto context = find(command, "context");
    const Settings settings = node_table().settings(config);
    const auto text = [&](std::string_view prefix) { return section_text(node_section(), settings, prefix); };
    if (!context) return text("service.") + ";" + text("network.");
    if (*context == "service") return text("service.");
    if (*context == "network") return text("network.");
    if (*context == "security") return "";
    if (*context == "xdr") {
        if (const auto dc = find(command, "dc")) return refuse("ERROR:4:bad dc", "no dc is called '" + *dc + "'");
        return "dcs=;src-id=0;trace-sample=0";
    }
    if (*context != "namespace") return refuse("ERROR:4:invalid context", "'" + *context + "' is not a context");
    const auto index = find_namespace(config, command);
    if (!index) return std::unexpected(index.error());
    return namespace_config_text(config.namespaces[*index]);
}

InfoResult<NodeConfig> set_config(const NodeConfig& config, const InfoParameters& command) {
    const auto context = find(command, "context");
    if (!context) return refuse("ERROR:4:missing 'context'", "the command names no context");
    if (*context == "xdr") return refuse(kXdrInvalid, "xdr is not supported yet by this version");
    if (*context == "security") return refuse(kInvalidParameter, "security is not supported yet by this version");
    const bool in_namespace = *context == "namespace";
    if (!in_namespace && *context != "service" && *context != "network") {
        return refuse("ERROR:4:invalid context", "'" + *context + "' is not a context");
    }
    NodeConfig changed = config;
    size_t index = 0;
    if (in_namespace) {
        const auto found = find_namespace(config, command);
        if (!found) return std::unexpected(found.error());
        index = *found;
    }
    InfoParameters rest;
    for (const auto& each : command) {
        const bool selector = each.first == "namespace" || each.first == "id" || each.first == "set";
        if (each.first != "context" && !(in_namespace && selector)) rest.push_back(each);
    }
    if (rest.size() != 1) {
        return refuse(kInvalidParameter,
                      "the command names " + std::to_string(rest.size()) + " parameters; expected one");
    }
    const auto& [name, text] = rest.front();

    std::optional<Error> error;
    if (!in_namespace) {
        error = set(node_table(), changed, *context + "." + name, text);
    } else if (const auto set_name = find(command, "set")) {
        error = set_in_set(changed.namespaces[index], *set_name, name, text);
    } else {
        error = set(namespace_table(), changed.namespaces[index], namespace_path(name), text);
    }
    if (error) return refuse(kInvalidParameter, error->detail);
    if (std::string problem = contradiction(changed); !problem.empty()) {
        return refuse(kInvalidParameter, std::move(problem));
    }
    return changed;
}

InfoResult<NodeConfig> set_log_level(const NodeConfig& config, std::string_view module, std::string_view level) {
    constexpr std::string_view kBadParameter = "ERROR:4:bad parameter";
    const Table<LoggingConfig> table = logging_table();
    NodeConfig changed = config;
    if (module == "any") changed.logging.modules.clear();
    if (const auto error = set(table, changed.logging, std::string(module), std::string(level))) {
        return refuse(kBadParameter, error->detail);
    }
    return changed;
}

}  // namespace cairn::config
