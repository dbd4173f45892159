#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <string_view>

#include "operator/api/definitions.h"

namespace cairn::api {
namespace {

/// Whether no reader of YAML, of 1.1 neither, takes the text for anything but a text.
bool is_plain(const std::string& text) {
    static constexpr std::string_view kOthers[] = {"true", "false", "yes", "no", "on", "off", "y", "n", "null"};
    std::string lower;
    for (const char c : text) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && (lower.empty() || !std::string_view("0123456789./-").contains(c))) return false;
        lower += c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
    }
    return !lower.empty() && std::ranges::find(kOthers, lower) == std::end(kOthers);
}

void emit(YAML::Emitter& out, const OrderedJson& value) {
    if (value.is_object()) {
        if (value.empty()) out << YAML::Flow;
        out << YAML::BeginMap;
        for (const auto& [key, element] : value.items()) {
            out << YAML::Key << key << YAML::Value;
            emit(out, element);
        }
        out << YAML::EndMap;
    } else if (value.is_array()) {
        if (value.empty()) out << YAML::Flow;
        out << YAML::BeginSeq;
        for (const OrderedJson& element : value) emit(out, element);
        out << YAML::EndSeq;
    } else if (value.is_string()) {
        const std::string& text = value.get_ref<const std::string&>();
        if (!is_plain(text)) out << YAML::DoubleQuoted;
        out << text;
    } else if (value.is_boolean()) {
        out << value.get<bool>();
    } else {
        out << value.get<int64_t>();
    }
}

}  // namespace

std::string to_yaml(const OrderedJson& document) {
    YAML::Emitter out;
    emit(out, document);
    return std::string(out.c_str()) + "\n";
}

}  // namespace cairn::api
