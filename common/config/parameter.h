#pragma once
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/result.h"

namespace cairn::config {

/// How a parameter's text is read.
///   size     bytes, or a number with K, M, G, T (also Ki, Mi, ...): powers of 1024
///   period   seconds, or a number with s, m, h, d
///   list     texts; on one line (environment, commands) separated by commas
enum class Type : uint8_t { boolean, integer, size, period, percentage, text, choice, list };

/// boolean → bool; integer, size (bytes), period (seconds), percentage → int64_t; text, choice → string; list → texts.
using Value = std::variant<bool, int64_t, std::string, std::vector<std::string>>;

constexpr int64_t kUnlimited = std::numeric_limits<int64_t>::max();

/// One row of the table everything else is made from: parsing, schema, printing, documentation, get- and set-config.
struct Parameter {
    std::string path;  // from its section, such as "proto-fd-max" or "storage-engine.data-size"
    Type type = Type::text;
    std::string unit;  // of an integer, such as "ms"
    std::string description;
    int64_t minimum = 0;           // numbers
    int64_t maximum = kUnlimited;  // numbers; of texts and of each text of a list: the longest, in bytes
    std::vector<std::string> choices;
    std::string pattern;   // texts: ECMAScript, the whole text must match; empty: any
    std::string expected;  // texts with a pattern: what it asks for, in words
    Value default_value;
    std::string info_name;  // its key in get-config; lists repeat it once per text
    bool dynamic = false;   // may change while the node runs
    bool planned = false;   // of a feature this version does not have: only its default is accepted
    bool in_info = true;    // shown by get-config
    bool quiet = false;     // printed only when it differs from its default

    Parameter live() && {
        dynamic = true;
        return std::move(*this);
    }
    Parameter later() && {
        planned = true;
        return std::move(*this);
    }
    /// Under another name in get-config, relative to its section; "" is the name of the section itself.
    Parameter info(std::string name) && {
        info_name = std::move(name);
        return std::move(*this);
    }
};

Parameter flag(std::string path, std::string description);
Parameter integer(std::string path, int64_t minimum, int64_t maximum, std::string unit, std::string description);
/// @param minimum, maximum  bytes.
Parameter size(std::string path, int64_t minimum, int64_t maximum, std::string description);
/// @param minimum, maximum  seconds.
Parameter period(std::string path, int64_t minimum, int64_t maximum, std::string description);
Parameter percentage(std::string path, std::string description);
/// Any text of at most 255 bytes without the control characters and the ';' that would break a reply of get-config.
Parameter text(std::string path, std::string description);
Parameter text(std::string path, std::string pattern, std::string expected, std::string description);
Parameter choice(std::string path, std::vector<std::string> choices, std::string description);
/// A list of IP addresses or host names.
Parameter addresses(std::string path, std::string description);

/// Reads `text` by the parameter's type and range.
/// @error  one sentence without the place: `'abc' is not a period; expected 0 to 10 years such as 3600, 12h or 30d`.
Result<Value> parse_value(const Parameter& parameter, std::string_view text);
/// The same for the texts of a list.
Result<Value> parse_list(const Parameter& parameter, const std::vector<std::string>& texts);

/// For people and files: `4G`, `30d`, `true`; parse_value() reads it back. Lists are joined by commas.
std::string print_value(const Parameter& parameter, const Value& value);
/// For get-config: bytes and seconds as plain numbers, an empty text as `null`.
std::string info_value(const Value& value);

/// What is accepted, as a phrase: `16 to 2147483647 connections`, `true or false`.
std::string expectation(const Parameter& parameter);
/// `a boolean`, `a size`: what the parameter's text has to be.
std::string_view noun(Type type);

}  // namespace cairn::config
