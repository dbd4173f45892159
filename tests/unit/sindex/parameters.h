#pragma once
#include <map>
#include <string>
#include <string_view>

#include "node/sindex/definition.h"

namespace cairn::sindex {

/// The definition that "ns=test;indexname=i;bin=a;type=numeric" asks for.
inline Result<Definition> parse(std::string_view line) {
    std::map<std::string_view, std::string_view> sent;
    while (!line.empty()) {
        const std::string_view pair = line.substr(0, line.find(';'));
        const size_t equals = pair.find('=');
        sent[pair.substr(0, equals)] = pair.substr(equals + 1);
        line.remove_prefix(std::min(pair.size() + 1, line.size()));
    }
    const auto value = [&](std::string_view key) {
        const auto found = sent.find(key);
        return found == sent.end() ? std::nullopt : std::optional(found->second);
    };
    return parse_definition({.ns = value("ns"),
                             .name = value("indexname"),
                             .set = value("set"),
                             .data = value("indexdata"),
                             .bin = value("bin"),
                             .type = value("type"),
                             .index_type = value("indextype"),
                             .context = value("context"),
                             .expression = value("exp")});
}

}  // namespace cairn::sindex
