#pragma once
#include <cstdint>
#include <expected>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "common/base64/base64.h"

namespace cairn::server {

/// A value, or the text that refuses the command: `ERROR:4:missing 'set'`.
template <class T>
using InfoResult = std::expected<T, std::string>;

/// One info command, taken apart: `name`, `name/arg0/arg1`, or `name:key=value;key=value`. Views into the line.
class InfoCommand {
public:
    explicit InfoCommand(std::string_view line);

    std::string_view name;
    std::string_view argument;  // all after the '/' of `name/argument`
    std::string_view tail;      // all after the ':' of `name:tail`

    using Keys = std::initializer_list<std::string_view>;
    /// The value of the first parameter called as one of `keys`; nothing when none is given.
    std::optional<std::string_view> parameter(Keys keys) const;

    /// The same, checked. The error names the first of `keys`, or the one that was sent.
    /// @param size_max  bytes.
    InfoResult<std::string_view> required(Keys keys, size_t size_max = SIZE_MAX) const;
    /// Nothing when it is absent; an error when it is empty or too long.
    InfoResult<std::optional<std::string_view>> optional(Keys keys, size_t size_max = SIZE_MAX) const;
    /// The name of a namespace, by `namespace` or the older `ns` and `id`; it need not exist.
    InfoResult<std::string_view> namespace_name() const;

    /// Calls f(key, value) for each pair.
    template <class F>
    void for_each(F&& f) const {
        for (std::string_view rest = tail; !rest.empty();) {
            const size_t end = std::min(rest.find(';'), rest.size());
            const std::string_view pair = rest.substr(0, end);
            rest.remove_prefix(std::min(end + 1, rest.size()));
            const size_t equals = pair.find('=');
            if (equals != std::string_view::npos) f(pair.substr(0, equals), pair.substr(equals + 1));
        }
    }
};

/// `ERROR:4:unrecognized command`
std::string info_error(int code, std::string_view text);
/// `ERROR:20:namespace not found on node`
std::string no_such_namespace();

/// A decimal number with nothing around it.
std::optional<uint64_t> parse_number(std::string_view text);
/// Upper-case, without leading zeros: node ids, cluster keys.
std::string hex(uint64_t value);
/// "12.34"
std::string decimal(double value, int digits);

}  // namespace cairn::server
