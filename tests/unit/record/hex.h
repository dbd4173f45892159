#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/digest.h"

namespace cairn {

/// "93 C70001 01 02" as bytes; blanks are for the reader.
inline std::vector<uint8_t> from_hex(std::string_view text) {
    std::string digits;
    for (const char c : text) {
        if (c != ' ') digits += c;
    }
    std::vector<uint8_t> bytes;
    for (size_t i = 0; i + 1 < digits.size(); i += 2) {
        bytes.push_back(uint8_t(std::stoul(digits.substr(i, 2), nullptr, 16)));
    }
    return bytes;
}

}  // namespace cairn
