#include "node/server/info/command.h"

#include <algorithm>
#include <charconv>

#include "common/base/number.h"

namespace cairn::server {
namespace {

constexpr size_t kNamespaceNameMax = 31;

int code_of(std::string_view key) { return key == "namespace" || key == "ns" ? 20 : 4; }

std::string quoted(std::string_view key) { return "'" + std::string(key == "ns" ? "namespace" : key) + "'"; }

}  // namespace

InfoCommand::InfoCommand(std::string_view line) {
    const size_t end = std::min(line.find_first_of("/:;"), line.size());
    name = line.substr(0, end);
    if (end == line.size()) return;
    (line[end] == '/' ? argument : tail) = line.substr(end + 1);
}

std::optional<std::string_view> InfoCommand::parameter(Keys keys) const {
    std::optional<std::string_view> found;
    for_each([&](std::string_view key, std::string_view value) {
        if (!found && std::ranges::find(keys, key) != keys.end()) found = value;
    });
    return found;
}

InfoResult<std::string_view> InfoCommand::required(Keys keys, size_t size_max) const {
    const auto found = optional(keys, size_max);
    if (!found) return std::unexpected(found.error());
    if (!*found) return std::unexpected(info_error(code_of(*keys.begin()), "missing " + quoted(*keys.begin())));
    return **found;
}

InfoResult<std::optional<std::string_view>> InfoCommand::optional(Keys keys, size_t size_max) const {
    std::string_view sent;
    std::optional<std::string_view> found;
    for_each([&](std::string_view key, std::string_view value) {
        if (found || std::ranges::find(keys, key) == keys.end()) return;
        sent = key;
        found = value;
    });
    if (found && found->empty())
        return std::unexpected(info_error(code_of(sent), "missing " + quoted(sent) + " value"));
    if (found && found->size() > size_max) {
        return std::unexpected(info_error(code_of(sent), quoted(sent) + " value too long"));
    }
    return found;
}

InfoResult<std::string_view> InfoCommand::namespace_name() const {
    return required({"namespace", "ns", "id"}, kNamespaceNameMax);
}

std::string info_error(int code, std::string_view text) {
    return "ERROR:" + (code == 1 ? std::string() : std::to_string(code)) + ":" + std::string(text);
}

std::string no_such_namespace() { return info_error(20, "namespace not found on node"); }

std::optional<uint64_t> parse_number(std::string_view text) {
    uint64_t value = 0;
    return cairn::parse_number(text, value) ? std::optional(value) : std::nullopt;
}

std::string hex(uint64_t value) {
    char text[17];
    const auto end = std::to_chars(text, text + sizeof(text), value, 16).ptr;
    std::string upper(text, end);
    std::ranges::transform(upper, upper.begin(), [](char c) { return c >= 'a' ? char(c - 'a' + 'A') : c; });
    return upper;
}

std::string decimal(double value, int digits) {
    char text[64];
    return {text, std::to_chars(text, text + sizeof(text), value, std::chars_format::fixed, digits).ptr};
}

}  // namespace cairn::server
