#include "common/client/info.h"

#include <ranges>

namespace cairn::client {

Result<InfoMap> parse_info(std::string_view body) {
    InfoMap map;
    for (const auto part : std::views::split(body, '\n')) {
        const std::string_view line(part.begin(), part.end());
        if (line.empty()) continue;
        const size_t tab = line.find('\t');
        if (tab == line.npos) return fail("info: " + std::string(line));
        map[std::string(line.substr(0, tab))] = line.substr(tab + 1);
    }
    return map;
}

InfoMap parse_pairs(std::string_view value, char separator) {
    InfoMap map;
    for (const auto part : std::views::split(value, separator)) {
        const std::string_view pair(part.begin(), part.end());
        if (pair.empty()) continue;
        const size_t equals = pair.find('=');
        map[std::string(pair.substr(0, equals))] = equals == pair.npos ? "" : pair.substr(equals + 1);
    }
    return map;
}

bool is_info_error(std::string_view value) {
    return value.starts_with("ERROR") || value.starts_with("FAIL") || value.starts_with("error");
}

}  // namespace cairn::client
