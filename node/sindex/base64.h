#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace cairn::sindex {

std::string encode_base64(std::string_view bytes);
/// @return  nothing when it is no base64 with its padding.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace cairn::sindex
