#pragma once
#include <memory>
#include <optional>
#include <string_view>

#include <regex.h>

#include "common/base/bytes.h"
#include "node/record/memory.h"

namespace cairn::expr {

/// A compiled POSIX regular expression, as the C library has it.
class Regex {
public:
    /// @param flags    REG_EXTENDED 1, REG_ICASE 2, REG_NEWLINE 4; other bits mean nothing.
    /// @param pattern  ends at its first NUL byte, if it has one.
    /// @return  nothing when it is no pattern, when it refers back to what a group matched, or when it is larger than
    ///          kSizeMax with its repetitions written out: matching would not be bounded.
    static std::optional<Regex> compile(int64_t flags, std::string_view pattern);

    /// Whether `text` up to its first NUL byte contains a match.
    /// @param memory  for a copy of it: the library wants it terminated.
    bool matches(Bytes text, record::Memory& memory) const;

    static constexpr size_t kSizeMax = 2048;

private:
    struct Free {
        void operator()(regex_t* regex) const {
            regfree(regex);
            delete regex;
        }
    };
    std::unique_ptr<regex_t, Free> regex_;
};

}  // namespace cairn::expr
