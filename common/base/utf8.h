#pragma once
#include <cstddef>
#include <string_view>

namespace cairn {

/// Bytes of the UTF-8 character at the front of `text`, 1 to 4; 0 when there is none (RFC 3629, section 4).
size_t utf8_length(std::string_view text);
/// The text is nothing but characters of UTF-8.
bool is_utf8(std::string_view text);

}  // namespace cairn
