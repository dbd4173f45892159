#include "common/log/line.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <type_traits>

namespace cairn::log {
namespace {

std::string cut(std::string_view text) {
    if (text.size() <= kTextBytesMax) return std::string(text);
    return std::string(text.substr(0, kTextBytesMax)) + "...";
}

/// Terminals obey control bytes; also 80 to 9F where they are no part of a letter: alone, or as U+0080 to U+009F (C2 80
/// to C2 9F).
bool is_control(std::string_view text, size_t at) {
    const auto byte = uint8_t(text[at]);
    if (byte < 0x20 || byte == 0x7F) return true;
    if (byte < 0x80 || byte >= 0xA0) return false;
    const auto before = at == 0 ? uint8_t(0) : uint8_t(text[at - 1]);
    return before < 0x80 || before == 0xC2;
}

void append_escaped(std::string& line, std::string_view text, bool quoted) {
    for (size_t at = 0; at < text.size(); ++at) {
        const char byte = text[at];
        if (byte == '\n') {
            line += "\\n";
        } else if (byte == '\\' || (quoted && byte == '"')) {
            line += '\\';
            line += byte;
        } else if (is_control(text, at)) {
            fmt::format_to(std::back_inserter(line), "\\x{:02x}", uint8_t(byte));
        } else {
            line += byte;
        }
    }
}

void append_value(std::string& line, const Value& value) {
    std::visit(
        [&line]<class T>(const T& held) {
            if constexpr (std::is_same_v<T, std::string_view>) {
                const bool quoted = held.empty() || held.find_first_of(" =\"") != held.npos;
                if (quoted) line += '"';
                append_escaped(line, cut(held), quoted);
                if (quoted) line += '"';
            } else {
                fmt::format_to(std::back_inserter(line), "{}", held);
            }
        },
        value.held());
}

}  // namespace

std::string text_line(Level level, Module module, std::string_view message, std::span<const Field> fields) {
    std::string line = fmt::format("{:<5} {}: ", name(level), name(module));
    append_escaped(line, cut(message), /*quoted=*/false);
    for (const Field& field : fields) {
        line += ' ';
        line += field.key;
        line += '=';
        append_value(line, field.value);
    }
    return line;
}

std::string json_line(Level level, Module module, std::string_view message, std::span<const Field> fields) {
    nlohmann::ordered_json line;
    line["level"] = name(level);
    line["module"] = name(module);
    line["msg"] = cut(message);
    for (const Field& field : fields) {
        std::visit(
            [&](const auto& held) {
                if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::string_view>) {
                    line[std::string(field.key)] = cut(held);
                } else {
                    line[std::string(field.key)] = held;
                }
            },
            field.value.held());
    }
    // ASCII only, so that no reader sees a control character or broken UTF-8.
    const auto text = line.dump(-1, ' ', /*ensure_ascii=*/true, nlohmann::ordered_json::error_handler_t::replace);
    return text.substr(1);
}

}  // namespace cairn::log
