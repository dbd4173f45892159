#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/number.h"

namespace cairn::backup {

/// Reads the parts of one entry of a backup file from what has arrived of it. Each call returns false when the part is
/// not there: because it has not all arrived (missing() is then not 0), or because it is none (error()).
class Cursor {
public:
    /// Longest name or number, in bytes of the file. Names are at most 63 bytes on a server.
    static constexpr size_t kTokenMax = 1024;
    /// Longest value: what no record can hold, in base64.
    static constexpr size_t kValueMax = 16 << 20;

    explicit Cursor(std::string_view text) : text_(text) {}

    size_t at() const { return at_; }
    /// The next byte, which stays. @return  '\0' when it has not arrived.
    char peek();
    bool expect(std::string_view literal);
    bool letter(char& letter);
    /// A name up to a space or a line feed, which stay; backslashes are taken off.
    bool name(std::string& name);
    /// Text without escapes up to `end`, which is taken, too.
    bool token(std::string_view& token, char end);
    template <class Number>
    bool number(Number& number, char end) {
        std::string_view text;
        if (!token(text, end)) return false;
        if (text.starts_with('+')) text.remove_prefix(1);
        return parse_number(text, number) || fail("no number, or one out of range");
    }
    /// "SIZE " and so many bytes.
    bool sized(std::string_view& bytes);

    bool fail(std::string_view reason) {
        if (error_.empty() && missing_ == 0) error_ = reason;
        return false;
    }
    /// At least so many bytes more are needed.
    size_t missing() const { return missing_; }
    const std::string& error() const { return error_; }

private:
    bool wait_for(size_t bytes) {
        if (error_.empty()) missing_ = bytes;
        return false;
    }

    std::string_view text_;
    size_t at_ = 0;
    size_t missing_ = 0;
    std::string error_;
};

}  // namespace cairn::backup
