#include "common/base64/base64.h"

#include <openssl/evp.h>

#include <algorithm>

namespace cairn {

std::string encode_base64(std::string_view bytes) {
    Buffer text;
    append_base64(text, bytes);
    return std::string(as_text(text.bytes()));
}

void append_base64(Buffer& out, std::string_view bytes) {
    // OpenSSL ends its text with a zero byte.
    uint8_t* into = out.prepare(base64_size(bytes.size()) + 1);
    const auto* from = reinterpret_cast<const unsigned char*>(bytes.data());
    out.commit(static_cast<size_t>(EVP_EncodeBlock(into, from, static_cast<int>(bytes.size()))));
}

std::optional<std::string> decode_base64(std::string_view text) {
    // OpenSSL skips white space at both ends and takes '=' anywhere in the last four: neither is ours.
    constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const size_t digits = std::min(text.find_first_not_of(kDigits), text.size());
    const size_t padding = text.size() - digits;
    if (text.size() % 4 != 0 || padding > 2 || text.substr(digits) != std::string_view("==").substr(0, padding))
        return std::nullopt;
    std::string bytes(text.size() / 4 * 3, '\0');
    const auto* from = reinterpret_cast<const unsigned char*>(text.data());
    auto* into = reinterpret_cast<unsigned char*>(bytes.data());
    if (EVP_DecodeBlock(into, from, static_cast<int>(text.size())) < 0) return std::nullopt;
    bytes.resize(bytes.size() - padding);
    return bytes;
}

}  // namespace cairn
