#include "node/expr/regex.h"

#include <tre/tre.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace cairn::expr {
namespace {

/// Passes a bracket expression; `at` is behind its opening bracket.
size_t pass_brackets(std::string_view pattern, size_t at) {
    if (at < pattern.size() && pattern[at] == '^') ++at;
    if (at < pattern.size() && pattern[at] == ']') ++at;
    while (at < pattern.size() && pattern[at] != ']') {
        const char kind = at + 1 < pattern.size() ? pattern[at + 1] : '\0';
        const bool named = pattern[at] == '[' && (kind == ':' || kind == '.' || kind == '=');
        if (named) {
            const char closing[] = {kind, ']'};
            const size_t end = pattern.find(std::string_view(closing, 2), at + 2);
            at = end == std::string_view::npos ? pattern.size() : end + 2;
        } else {
            ++at;
        }
    }
    return std::min(at + 1, pattern.size());
}

/// How often a bound in braces repeats at most; `at` is behind the opening brace.
size_t repetitions(std::string_view pattern, size_t at) {
    size_t most = 1;
    size_t number = 0;
    for (; at < pattern.size() && pattern[at] != '}'; ++at) {
        const bool digit = pattern[at] >= '0' && pattern[at] <= '9';
        number = digit ? std::min(number * 10 + size_t(pattern[at] - '0'), Regex::kSizeMax + 1) : 0;
        most = std::max(most, number);
    }
    return most + 1;
}

/// Bounds what the pattern becomes when its repetitions are written out, whichever of the two syntaxes it is in: the
/// library does write them out, and one in the other multiply.
/// @return  more than kSizeMax, also for references to groups.
size_t expanded_size(std::string_view pattern) {
    constexpr size_t kTooLarge = Regex::kSizeMax + 1;
    std::vector<size_t> outer;  // sizes before the open groups
    size_t size = 0;            // of the group that is open
    size_t last = 0;            // of the element that a repetition would repeat
    for (size_t at = 0; at < pattern.size(); ++at) {
        if (pattern[at] == '\\' && at + 1 < pattern.size()) {
            ++at;
            if (pattern[at] >= '1' && pattern[at] <= '9') return kTooLarge;
        }
        size_t times = 1;
        switch (pattern[at]) {
            case '[': {
                const size_t end = pass_brackets(pattern, at + 1);
                last = end - at;  // as if each character were an element
                size += last;
                at = end - 1;
                break;
            }
            case '(':
                outer.push_back(size);
                size = 0;
                last = 1;
                break;
            case ')':
                if (outer.empty()) break;
                last = size + 1;
                size = outer.back() + last;
                outer.pop_back();
                break;
            case '*':
            case '?': break;
            case '+': times = 2; break;
            case '{': times = repetitions(pattern, at + 1); break;
            default: last = 1; ++size;
        }
        size += last * (times - 1);
        last *= times;
        if (size > Regex::kSizeMax) return kTooLarge;
    }
    for (const size_t before : outer) size += before;
    return size;
}

}  // namespace

struct Regex::Automaton {
    regex_t regex;
};

void Regex::Free::operator()(Automaton* automaton) const {
    tre_regfree(&automaton->regex);
    delete automaton;
}

std::optional<Regex> Regex::compile(int64_t flags, std::string_view pattern) {
    const std::string_view text = pattern.substr(0, pattern.find('\0'));
    const size_t size = expanded_size(text);
    if (size > kSizeMax) return std::nullopt;
    auto automaton = std::make_unique<Automaton>();
    const int known = int(flags) & (REG_EXTENDED | REG_ICASE | REG_NEWLINE);
    if (tre_regncomp(&automaton->regex, text.data(), text.size(), known | REG_NOSUB) != 0) return std::nullopt;
    Regex compiled;
    compiled.automaton_.reset(automaton.release());
    compiled.size_ = size;
    return compiled;
}

std::optional<bool> Regex::matches(Bytes text) const {
    const void* nul = text.empty() ? nullptr : std::memchr(text.data(), 0, text.size());
    const size_t size = nul == nullptr ? text.size() : size_t(static_cast<const uint8_t*>(nul) - text.data());
    if (size * size_ > kCostMax) return std::nullopt;
    const char* at = size == 0 ? "" : reinterpret_cast<const char*>(text.data());
    return tre_regnexec(&automaton_->regex, at, size, 0, nullptr, 0) == 0;
}

}  // namespace cairn::expr
