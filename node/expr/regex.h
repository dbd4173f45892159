#pragma once
#include <memory>
#include <optional>
#include <string_view>

#include "common/base/bytes.h"

namespace cairn::expr {

/// A compiled POSIX regular expression. By TRE, whose memory does not depend on the text and whose time is linear in it:
/// that of the C library takes gigabytes for some thirty kilobytes of text.
class Regex {
public:
    /// @param flags    REG_EXTENDED 1, REG_ICASE 2, REG_NEWLINE 4; other bits mean nothing.
    /// @param pattern  ends at its first NUL byte, if it has one.
    /// @return  nothing when it is no pattern, when it refers back to what a group matched, or when it has more than
    ///          kSizeMax elements with its repetitions written out.
    static std::optional<Regex> compile(int64_t flags, std::string_view pattern);

    /// Whether `text` up to its first NUL byte contains a match.
    /// @return  nothing when that would cost more than kCostMax.
    std::optional<bool> matches(Bytes text) const;

    static constexpr size_t kSizeMax = 1024;
    static constexpr size_t kCostMax = 16u << 20;  // bytes times elements

private:
    struct Automaton;  // the library's header cannot stand beside the C library's
    struct Free {
        void operator()(Automaton* automaton) const;
    };
    std::unique_ptr<Automaton, Free> automaton_;
    size_t size_ = 0;  // elements
};

}  // namespace cairn::expr
