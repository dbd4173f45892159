#pragma once
#include <charconv>
#include <string_view>

namespace cairn {

/// Reads a number that is the whole text: no white space, no plus.
/// @return  false when it is none, or none that `T` holds; `value` is then any.
template <class T>
bool parse_number(std::string_view text, T& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace cairn
