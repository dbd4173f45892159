#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "common/base/buffer.h"

namespace cairn {

/// Length of `size` bytes in base64, padding included.
constexpr size_t base64_size(size_t size) { return (size + 2) / 3 * 4; }

/// The standard alphabet, padded.
std::string encode_base64(std::string_view bytes);
void append_base64(Buffer& out, std::string_view bytes);

/// @return  nothing when it is no base64 with its padding.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace cairn
