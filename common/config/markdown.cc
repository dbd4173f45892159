#include "common/config/write.h"

namespace cairn::config {
namespace {

std::string cell(std::string text) {
    for (size_t bar = text.find('|'); bar != std::string::npos; bar = text.find('|', bar + 2)) text.insert(bar, "\\");
    return text;
}

std::string default_cell(const Parameter& parameter) {
    const std::string usual = print_value(parameter, parameter.default_value);
    return usual.empty() ? "–" : "`" + usual + "`";
}

std::string row(const Parameter& parameter) {
    std::string values = expectation(parameter);
    if (parameter.type != Type::text) {  // whose expectation says all
        const std::string_view type = noun(parameter.type);  // "an integer"
        values = std::string(type.substr(type.find(' ') + 1)) + ": " + values;
    }
    return "| `" + parameter.path + "` | " + cell(values) + " | " + default_cell(parameter) + " | " +
           (parameter.dynamic ? "at run time" : "restart") + " | " + cell(parameter.description) + " |\n";
}

/// The first word of the path.
std::string head(const std::string& path) { return path.substr(0, path.find('.')); }

constexpr std::string_view kTableHead = "| Parameter | Values | Default | Changes | Meaning |\n|---|---|---|---|---|\n";

std::string table(const std::vector<const Parameter*>& parameters) {
    std::string rows;
    std::string planned;
    std::string alike;  // the quiet ones: many, and all the same
    const Parameter* quiet = nullptr;
    for (const Parameter* parameter : parameters) {
        if (parameter->quiet) {
            alike += (quiet ? ", `" : "`") + parameter->path + "`";
            quiet = parameter;
        } else if (!parameter->planned) {
            rows += row(*parameter);
        } else {
            planned += (planned.empty() ? "`" : ", `") + parameter->path + "` (" + default_cell(*parameter) + ")";
        }
    }
    std::string text;
    if (!rows.empty()) text += std::string(kTableHead) + rows + "\n";
    if (quiet) {
        text += alike + ": " + expectation(*quiet) + "; default " + default_cell(*quiet) + "; " +
                (quiet->dynamic ? "at run time" : "restart") + ". " + quiet->description + "\n\n";
    }
    if (!planned.empty()) text += "Planned, with their defaults: " + planned + ".\n\n";
    return text;
}

void add_list(std::string& text, const Section& list, const std::string& above) {
    const std::string title = above + list.key + "[]";
    text += "## `" + title + "`\n\n" + list.description + "\n\n";
    std::vector<const Parameter*> parameters;
    for (const Parameter& parameter : list.parameters) parameters.push_back(&parameter);
    text += table(parameters);
    for (const Section& deeper : list.lists) add_list(text, deeper, title + ".");
}

}  // namespace

std::string markdown(const Section& section) {
    std::string text;
    for (auto at = section.parameters.begin(); at != section.parameters.end();) {
        const std::string heading = head(at->path);
        std::vector<const Parameter*> parameters;
        for (; at != section.parameters.end() && head(at->path) == heading; ++at) parameters.push_back(&*at);
        text += "## `" + heading + "`\n\n" + table(parameters);
    }
    for (const Section& list : section.lists) add_list(text, list, "");
    while (text.ends_with("\n\n")) text.pop_back();
    return text;
}

}  // namespace cairn::config
