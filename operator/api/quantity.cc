#include "operator/api/quantity.h"

#include <charconv>
#include <limits>
#include <optional>
#include <utility>

namespace cairn::api {
namespace {

// A quantity times a thousand needs more than 64 bits on its way.
__extension__ using Wide = unsigned __int128;

constexpr int kDigitsMax = 18;  // of what is written; so that no step before the scale overflows
constexpr int kExponentMax = 30;

struct Scale {
    int binary = 0;  // powers of 2
    int decimal = 0;  // powers of 10
};

std::optional<Scale> scale_of(std::string_view suffix) {
    static constexpr std::pair<std::string_view, Scale> kScales[] = {
        {"", {}},        {"n", {0, -9}},  {"u", {0, -6}},  {"m", {0, -3}},  {"k", {0, 3}},   {"M", {0, 6}},
        {"G", {0, 9}},   {"T", {0, 12}},  {"P", {0, 15}},  {"E", {0, 18}},  {"Ki", {10, 0}}, {"Mi", {20, 0}},
        {"Gi", {30, 0}}, {"Ti", {40, 0}}, {"Pi", {50, 0}}, {"Ei", {60, 0}},
    };
    for (const auto& [name, scale] : kScales) {
        if (name == suffix) return scale;
    }
    if (suffix.size() < 2 || (suffix[0] != 'e' && suffix[0] != 'E')) return std::nullopt;
    suffix.remove_prefix(suffix[1] == '+' ? 2 : 1);
    int exponent = 0;
    const auto [end, error] = std::from_chars(suffix.data(), suffix.data() + suffix.size(), exponent);
    if (error != std::errc{} || end != suffix.data() + suffix.size()) return std::nullopt;
    if (exponent < -kExponentMax || exponent > kExponentMax) return std::nullopt;
    return Scale{0, exponent};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// `text` times 10^`extra`, rounded up.
Result<int64_t> scaled(std::string_view text, int extra) {
    const auto bad = [&] { return fail("'" + std::string(text) + "' is no quantity such as 1, 0.5, 100m or 10Gi"); };
    const auto large = [&] { return fail("'" + std::string(text) + "' is too large"); };
    Wide mantissa = 0;
    int decimal = extra;
    int digits = 0;
    size_t at = 0;
    bool fraction = false;
    for (; at < text.size() && (is_digit(text[at]) || (text[at] == '.' && !fraction)); at++) {
        if (text[at] == '.') {
            fraction = true;
            continue;
        }
        mantissa = mantissa * 10 + unsigned(text[at] - '0');
        if (mantissa != 0 && ++digits > kDigitsMax) return large();
        if (fraction) decimal--;
    }
    if (at == 0 || (at == 1 && fraction)) return bad();
    const std::optional<Scale> scale = scale_of(text.substr(at));
    if (!scale) return bad();
    constexpr Wide kMax = Wide(std::numeric_limits<int64_t>::max());
    // Down first: what is then larger than 63 bits stays so.
    decimal += scale->decimal;
    bool rest = false;
    Wide value = mantissa << scale->binary;  // 60 bits and 60 bits
    for (; decimal < 0; decimal++) {
        rest |= value % 10 != 0;
        value /= 10;
    }
    for (; decimal > 0 && value != 0; decimal--) {
        if (value > kMax) return large();
        value *= 10;
    }
    value += rest ? 1 : 0;
    if (value > kMax) return large();
    return int64_t(value);
}

}  // namespace

Result<int64_t> milli_value(std::string_view text) { return scaled(text, 3); }
Result<int64_t> whole_value(std::string_view text) { return scaled(text, 0); }

Result<Duration> period_value(std::string_view text) {
    const auto bad = [&] { return fail("'" + std::string(text) + "' is no duration such as 30s, 15m or 1h30m"); };
    constexpr int64_t kMax = int64_t{100} * 365 * 24 * 3600 * 1'000'000'000;
    if (text.empty()) return bad();
    int64_t total = 0;
    for (std::string_view rest = text; !rest.empty();) {
        size_t number = 0;
        while (number < rest.size() && (is_digit(rest[number]) || rest[number] == '.')) number++;
        size_t unit = number;
        while (unit < rest.size() && rest[unit] >= 'a' && rest[unit] <= 'z') unit++;
        const std::string_view name = rest.substr(number, unit - number);
        const int nanos = name == "ms" ? 6 : 9;
        const int64_t times = name == "ms" || name == "s" ? 1 : name == "m" ? 60 : name == "h" ? 3600 : 0;
        const Result<int64_t> part = scaled(rest.substr(0, number), nanos);
        if (times == 0 || !part || *part > kMax / times || (total += *part * times) > kMax) return bad();
        rest.remove_prefix(unit);
    }
    return Duration(total);
}

Result<int64_t> count_of(std::string_view text, int64_t whole) {
    const bool percent = text.ends_with('%');
    const std::string_view digits = percent ? text.substr(0, text.size() - 1) : text;
    int64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc{} || end != digits.data() + digits.size() || number < 0 || (percent && number > 100)) {
        return fail("'" + std::string(text) + "' is neither a number nor a percentage up to 100%");
    }
    return percent ? whole * number / 100 : number;
}

}  // namespace cairn::api
