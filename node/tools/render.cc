#include "node/tools/render.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "node/tools/text_parts.h"

namespace cairn::ctl {
namespace {

/// Columns on a terminal: continuation bytes of UTF-8 take none.
size_t width(std::string_view text) {
    return size_t(std::ranges::count_if(text, [](char c) { return (uint8_t(c) & 0xC0) != 0x80; }));
}

bool has_only_numbers(const std::vector<std::string>& cells) {
    return std::ranges::all_of(cells, [](const std::string& cell) {
        return cell == "-" || (!cell.empty() && cell[0] >= '0' && cell[0] <= '9');
    });
}

}  // namespace

std::string json_line(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"; }

Json typed(std::string_view text) {
    if (text == "true" || text == "false") return text == "true";
    if (const auto integer = parse_integer(text)) return *integer;
    double real = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), real, std::chars_format::fixed);
    if (error == std::errc{} && end == text.data() + text.size() &&
        text.find_first_not_of("-.0123456789") == text.npos) {
        return real;
    }
    return std::string(text);
}

Json typed_pairs(std::string_view text, char separator, char equals) {
    Json object = Json::object();
    for (const auto pair : split(text, separator)) {
        const size_t at = pair.find(equals);
        object[std::string(pair.substr(0, at))] = at == pair.npos ? Json() : typed(pair.substr(at + 1));
    }
    return object;
}

std::string plain(const Json& value) {
    if (value.is_null()) return "-";
    if (value.is_string()) return value.get<std::string>();
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}
std::string as_count(const Json& value) {
    return value.is_number_integer() ? count_text(value.get<int64_t>()) : plain(value);
}
std::string as_bytes_text(const Json& value) {
    return value.is_number_integer() ? bytes_text(value.get<uint64_t>()) : plain(value);
}
std::string as_percent(const Json& value) {
    return value.is_number() ? decimal(value.get<double>(), 1) + "%" : plain(value);
}

std::string table(const Json& rows, std::span<const Column> columns) {
    std::vector<std::vector<std::string>> cells(columns.size());
    for (const auto& row : rows) {
        for (size_t at = 0; at < columns.size(); ++at) {
            const auto found = row.find(columns[at].key);
            cells[at].push_back(found == row.end() ? "-" : columns[at].text(*found));
        }
    }
    std::vector<size_t> widths;
    std::vector<bool> to_the_right;
    for (size_t at = 0; at < columns.size(); ++at) {
        size_t wide = columns[at].title.size();
        for (const auto& cell : cells[at]) wide = std::max(wide, width(cell));
        widths.push_back(wide);
        to_the_right.push_back(has_only_numbers(cells[at]));
    }
    std::string text;
    for (size_t line = 0; line <= rows.size(); ++line) {
        std::string whole;
        for (size_t at = 0; at < columns.size(); ++at) {
            const std::string cell = line == 0 ? std::string(columns[at].title) : cells[at][line - 1];
            const std::string space(widths[at] - width(cell), ' ');
            whole += (at == 0 ? "" : "  ") + (to_the_right[at] ? space + cell : cell + space);
        }
        whole.erase(whole.find_last_not_of(' ') + 1);
        text += whole + "\n";
    }
    return text;
}

std::string list(const Json& object) {
    size_t wide = 0;
    for (const auto& [name, value] : object.items()) wide = std::max(wide, width(name));
    std::string text;
    for (const auto& [name, value] : object.items()) {
        text += name + std::string(wide - width(name) + 2, ' ') + plain(value) + "\n";
    }
    return text;
}

}  // namespace cairn::ctl
