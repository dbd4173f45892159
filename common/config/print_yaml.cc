#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "common/config/write.h"

namespace cairn::config {
namespace {

/// Writes the maps that dotted paths stand for: neighbours with the same beginning share their maps.
class Maps {
public:
    explicit Maps(YAML::Emitter& out) : out_(out) { out_ << YAML::BeginMap; }

    /// Opens and closes maps until the last word of `path` may be written as a key, and writes it.
    void key(const std::string& path) {
        std::vector<std::string> words;
        for (size_t at = 0; at <= path.size();) {
            const size_t dot = std::min(path.find('.', at), path.size());
            words.push_back(path.substr(at, dot - at));
            at = dot + 1;
        }
        const auto same = size_t(std::ranges::mismatch(open_, words).in1 - open_.begin());
        close(std::min(same, words.size() - 1));
        while (open_.size() + 1 < words.size()) {
            open_.push_back(words[open_.size()]);
            out_ << YAML::Key << open_.back() << YAML::Value << YAML::BeginMap;
        }
        out_ << YAML::Key << words.back() << YAML::Value;
    }

    void end() {
        close(0);
        out_ << YAML::EndMap;
    }

private:
    void close(size_t depth) {
        for (; open_.size() > depth; open_.pop_back()) out_ << YAML::EndMap;
    }

    YAML::Emitter& out_;  // outlives this
    std::vector<std::string> open_;
};

void print_parameter(YAML::Emitter& out, const Parameter& parameter, const Value& value) {
    if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
        out << YAML::Flow << *texts;
    } else if (std::holds_alternative<std::string>(value)) {
        // Quoted where a plain word would read as a number or as nothing.
        const std::string& text = std::get<std::string>(value);
        if (parameter.type == Type::text) out << YAML::DoubleQuoted;
        out << text;
    } else {
        out << print_value(parameter, value);
    }
    if (value == parameter.default_value || parameter.path == "name") return;
    const std::string usual = print_value(parameter, parameter.default_value);
    out << YAML::Comment("default: " + (usual.empty() ? "none" : usual));
}

void print_section(YAML::Emitter& out, const Section& section, const Settings& settings) {
    Maps maps(out);
    for (const Parameter& parameter : section.parameters) {
        const auto given = settings.values.find(parameter.path);
        const Value& value = given == settings.values.end() ? parameter.default_value : given->second.value;
        if (parameter.planned || (parameter.quiet && value == parameter.default_value)) continue;
        maps.key(parameter.path);
        print_parameter(out, parameter, value);
    }
    for (const Section& list : section.lists) {
        const auto given = settings.lists.find(list.key);
        if (given == settings.lists.end() || given->second.empty()) continue;
        maps.key(list.key);
        out << YAML::BeginSeq;
        for (const Settings& item : given->second) print_section(out, list, item);
        out << YAML::EndSeq;
    }
    maps.end();
}

}  // namespace

std::string print_yaml(const Section& section, const Settings& settings) {
    YAML::Emitter out;
    print_section(out, section, settings);
    return std::string(out.c_str()) + "\n";
}

}  // namespace cairn::config
