#include "common/config/section.h"

#include <algorithm>

namespace cairn::config {
namespace {

/// Levenshtein: letters to insert, drop or replace.
size_t distance(std::string_view a, std::string_view b) {
    std::vector<size_t> row(b.size() + 1);
    for (size_t at = 0; at <= b.size(); ++at) row[at] = at;
    for (size_t i = 0; i < a.size(); ++i) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b.size(); ++j) {
            const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, replaced});
        }
    }
    return row[b.size()];
}

Result<Value> if_supported(const Parameter& parameter, Result<Value> parsed) {
    if (!parsed || !parameter.planned || *parsed == parameter.default_value) return parsed;
    const std::string only = print_value(parameter, parameter.default_value);
    return fail(ResultCode::unsupported_feature, "'" + print_value(parameter, *parsed) +
                                                     "' is not supported yet by this version; expected " +
                                                     (only.empty() ? "no value" : only));
}

}  // namespace

const Parameter* Section::find(std::string_view path) const {
    const auto found = std::ranges::find(parameters, path, &Parameter::path);
    return found == parameters.end() ? nullptr : &*found;
}

std::string Settings::name() const {
    const auto found = values.find("name");
    return found == values.end() ? "" : std::get<std::string>(found->second.value);
}

Result<Value> accept_value(const Parameter& parameter, std::string_view text) {
    return if_supported(parameter, parse_value(parameter, text));
}

Result<Value> accept_list(const Parameter& parameter, const std::vector<std::string>& texts) {
    return if_supported(parameter, parse_list(parameter, texts));
}

Result<Value> parse_dynamic(const Section& section, std::string_view path, std::string_view text) {
    const Parameter* parameter = section.find(path);
    const std::string name(path);
    if (!parameter) {
        std::vector<std::string> known;
        for (const Parameter& each : section.parameters) known.push_back(each.path);
        const std::string meant = closest(path, known);
        return fail(ResultCode::parameter,
                    name + ": unknown parameter" + (meant.empty() ? "" : ", the closest is '" + meant + "'"));
    }
    if (!parameter->dynamic) {
        return fail(ResultCode::parameter,
                    name + ": cannot change while the node runs; expected in the file, at start");
    }
    auto value = accept_value(*parameter, text);
    if (!value) return fail(value.error().code, name + ": " + value.error().detail);
    return value;
}

std::string closest(std::string_view word, const std::vector<std::string>& candidates) {
    constexpr size_t kWordBytesMax = 256;  // the distance takes time and space by the product of the lengths
    if (word.size() > kWordBytesMax) return "";
    std::string best;
    size_t best_distance = word.size() / 2 + 1;
    for (const std::string& candidate : candidates) {
        const size_t apart = distance(word, candidate);
        if (apart >= best_distance) continue;
        best = candidate;
        best_distance = apart;
    }
    return best;
}

}  // namespace cairn::config
