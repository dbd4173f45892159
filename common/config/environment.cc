#include <algorithm>

#include "common/config/section.h"

namespace cairn::config {
namespace {

constexpr std::string_view kPrefix = "CAIRN_";

struct Target {
    std::string variable;
    const Parameter* parameter;
    Settings* settings;
};

std::string variable_part(std::string_view path) {
    std::string part(path);
    for (char& letter : part) {
        if (letter >= 'a' && letter <= 'z') letter = char(letter - 'a' + 'A');
        if (letter == '-' || letter == '.') letter = '_';
    }
    return part;
}

void add_targets(const Section& section, const std::string& prefix, Settings& settings, std::vector<Target>& targets) {
    for (const Parameter& parameter : section.parameters) {
        if (parameter.path == "name") continue;  // it says which item is meant
        targets.push_back({prefix + variable_part(parameter.path), &parameter, &settings});
    }
    for (const Section& list : section.lists) {
        for (Settings& item : settings.lists[list.key]) {
            const std::string deeper = prefix + variable_part(list.key) + "_" + variable_part(item.name()) + "_";
            add_targets(list, deeper, item, targets);
        }
    }
}

/// The container platform describes a service called `cairn` by these; they are not ours to judge.
bool is_service_link(std::string_view variable) {
    return variable == "CAIRN_SERVICE_HOST" || variable == "CAIRN_SERVICE_PORT" ||
           variable.starts_with("CAIRN_SERVICE_PORT_");
}

/// Does it start like a variable of ours: with the first word of a path?
bool is_ours(const Section& section, std::string_view variable) {
    const auto starts = [&](const std::string& path) {
        return variable.starts_with(std::string(kPrefix) + variable_part(path.substr(0, path.find('.'))) + "_");
    };
    return std::ranges::any_of(section.parameters, starts, &Parameter::path) ||
           std::ranges::any_of(section.lists, starts, &Section::key);
}

std::string unknown(const std::string& variable, const std::vector<Target>& targets) {
    std::vector<std::string> known;
    for (const Target& target : targets) known.push_back(target.variable);
    const std::string meant = closest(variable, known);
    return variable + ": names no parameter" + (meant.empty() ? "" : "; expected perhaps " + meant);
}

}  // namespace

Result<void> apply_environment(const Section& section, const Environment& environment, Settings& settings) {
    std::vector<Target> targets;
    add_targets(section, std::string(kPrefix), settings, targets);
    for (const auto& [variable, text] : environment) {
        if (is_service_link(variable) || !is_ours(section, variable)) continue;
        const auto found = std::ranges::find(targets, variable, &Target::variable);
        if (found == targets.end()) return fail(ResultCode::parameter, unknown(variable, targets));
        if (std::ranges::count(targets, variable, &Target::variable) > 1) {
            return fail(ResultCode::parameter,
                        variable + ": may mean more than one parameter; expected a file instead");
        }
        auto value = accept_value(*found->parameter, text);
        if (!value) return fail(value.error().code, variable + ": " + value.error().detail);
        found->settings->values[found->parameter->path] = Setting{std::move(*value), variable};
    }
    return {};
}

}  // namespace cairn::config
