#pragma once
#include <nlohmann/json.hpp>

#include <span>
#include <string>
#include <string_view>

#include "common/client/info.h"

/// What commands found, as JSON for programs and as tables for people.
namespace cairn::ctl {

using Json = nlohmann::ordered_json;

/// One line of JSON and its newline; strings that are not UTF-8 get replacement characters.
std::string json_line(const Json& value);
/// Info text as the JSON it stands for: true, false, a number, else a string.
Json typed(std::string_view text);
/// "key=value;key=value" as an object of typed values, in its order.
Json typed_pairs(std::string_view text, char separator = ';', char equals = '=');

/// How a cell is written.
std::string plain(const Json& value);
std::string as_count(const Json& value);
std::string as_bytes_text(const Json& value);
std::string as_percent(const Json& value);

struct Column {
    std::string_view key;    // of a row's object
    std::string_view title;
    std::string (*text)(const Json&) = plain;
};
/// An aligned table of an array of objects, with a line of titles; numbers stand to the right.
/// Keys that a row does not have are "-".
std::string table(const Json& rows, std::span<const Column> columns);
/// An object, one "name  value" a line.
std::string list(const Json& object);

}  // namespace cairn::ctl
