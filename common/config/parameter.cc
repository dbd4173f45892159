#include "common/config/parameter.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <regex>
#include <utility>

#include "common/base/utf8.h"

namespace cairn::config {
namespace {

constexpr int64_t kTextBytesMax = 255;
constexpr std::string_view kPlainText = "[^;\\x00-\\x1f\\x7f]*";
constexpr int64_t kYear = 365 * 86400;

struct Suffix {
    char letter;
    int64_t factor;
};
// Largest first: printing takes the first that divides the value.
constexpr std::array kSizeSuffixes = {Suffix{'T', int64_t(1) << 40}, Suffix{'G', 1 << 30}, Suffix{'M', 1 << 20},
                                      Suffix{'K', 1 << 10}};
constexpr std::array kPeriodSuffixes = {Suffix{'d', 86400}, Suffix{'h', 3600}, Suffix{'m', 60}, Suffix{'s', 1}};

Parameter row(std::string path, Type type, std::string description) {
    Parameter made;
    made.info_name = path;
    made.path = std::move(path);
    made.type = type;
    made.description = std::move(description);
    return made;
}

Parameter number(std::string path, Type type, int64_t minimum, int64_t maximum, std::string description) {
    Parameter made = row(std::move(path), type, std::move(description));
    made.minimum = minimum;
    made.maximum = maximum;
    return made;
}

std::string lower(std::string_view text) {
    std::string folded(text);
    for (char& letter : folded) {
        if (letter >= 'A' && letter <= 'Z') letter = char(letter - 'A' + 'a');
    }
    return folded;
}

/// The digits at the front of `text`, which then holds the rest; nothing when there are none or too many.
std::optional<int64_t> take_number(std::string_view& text) {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(size_t(end - text.data()));
    return value;
}

std::optional<int64_t> scaled(int64_t value, int64_t factor) {
    int64_t product = 0;
    if (__builtin_mul_overflow(value, factor, &product)) return std::nullopt;
    return product;
}

template <size_t N>
std::optional<int64_t> read_suffixed(std::string_view text, const std::array<Suffix, N>& suffixes, bool binary) {
    const auto value = take_number(text);
    if (!value || text.empty()) return value;
    for (const Suffix& suffix : suffixes) {
        const bool named = text[0] == suffix.letter || (binary && text[0] == suffix.letter - 'A' + 'a');
        if (!named) continue;
        const bool whole = text.size() == 1 || (binary && text.size() == 2 && text[1] == 'i');
        return whole ? scaled(*value, suffix.factor) : std::nullopt;
    }
    return std::nullopt;
}

std::optional<int64_t> read_number(Type type, std::string_view text) {
    if (type == Type::size) return read_suffixed(text, kSizeSuffixes, /*binary=*/true);
    if (type == Type::period) return read_suffixed(text, kPeriodSuffixes, /*binary=*/false);
    const auto value = take_number(text);
    return text.empty() ? value : std::nullopt;
}

template <size_t N>
std::string print_suffixed(int64_t value, const std::array<Suffix, N>& suffixes) {
    for (const Suffix& suffix : suffixes) {
        if (value == 0 || value % suffix.factor != 0 || suffix.factor == 1) continue;
        return std::to_string(value / suffix.factor) + suffix.letter;
    }
    return std::to_string(value);
}

std::string print_number(Type type, int64_t value) {
    if (type == Type::size) return print_suffixed(value, kSizeSuffixes);
    if (type == Type::period) return print_suffixed(value, kPeriodSuffixes);
    return std::to_string(value);
}

std::string print_limit(Type type, int64_t value) {
    if (type == Type::period && value > 0 && value % kYear == 0) return std::to_string(value / kYear) + " years";
    return print_number(type, value);
}

std::string range(const Parameter& parameter) {
    const std::string from = print_limit(parameter.type, parameter.minimum);
    if (parameter.maximum == kUnlimited) return from + " or more";
    return from + " to " + print_limit(parameter.type, parameter.maximum);
}

std::unexpected<Error> wrong(std::string_view text, std::string_view problem, const Parameter& parameter) {
    constexpr size_t kShown = 60;  // a sentence, even when a whole file was pasted into a value
    std::string shown(text.substr(0, kShown));
    if (text.size() > kShown) shown += "...";
    return fail(ResultCode::parameter,
                "'" + shown + "' " + std::string(problem) + "; expected " + expectation(parameter));
}

Result<Value> parse_number(const Parameter& parameter, std::string_view text) {
    const auto value = read_number(parameter.type, text);
    if (!value) return wrong(text, "is not " + std::string(noun(parameter.type)), parameter);
    if (*value < parameter.minimum || *value > parameter.maximum) return wrong(text, "is out of range", parameter);
    return Value(*value);
}

Result<Value> parse_text(const Parameter& parameter, std::string_view text) {
    // The length first: std::regex recurses once per character.
    if (int64_t(text.size()) > parameter.maximum) {
        return wrong(text, "is longer than " + std::to_string(parameter.maximum) + " bytes", parameter);
    }
    if (!is_utf8(text)) return wrong(text, "is not UTF-8", parameter);
    const std::regex pattern(parameter.pattern);
    if (!std::regex_match(text.begin(), text.end(), pattern)) return wrong(text, "is not accepted", parameter);
    return Value(std::string(text));
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const size_t comma = std::min(text.find(','), text.size());
        parts.emplace_back(text.substr(0, comma));
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return parts;
}

}  // namespace

Parameter flag(std::string path, std::string description) {
    return row(std::move(path), Type::boolean, std::move(description));
}
Parameter integer(std::string path, int64_t minimum, int64_t maximum, std::string unit, std::string description) {
    Parameter made = number(std::move(path), Type::integer, minimum, maximum, std::move(description));
    made.unit = std::move(unit);
    return made;
}
Parameter size(std::string path, int64_t minimum, int64_t maximum, std::string description) {
    return number(std::move(path), Type::size, minimum, maximum, std::move(description));
}
Parameter period(std::string path, int64_t minimum, int64_t maximum, std::string description) {
    return number(std::move(path), Type::period, minimum, maximum, std::move(description));
}
Parameter percentage(std::string path, std::string description) {
    return number(std::move(path), Type::percentage, 0, 100, std::move(description));
}
Parameter text(std::string path, std::string description) {
    return text(std::move(path), std::string(kPlainText), "a text of at most 255 bytes without ';'",
                std::move(description));
}
Parameter text(std::string path, std::string pattern, std::string expected, std::string description) {
    Parameter made = row(std::move(path), Type::text, std::move(description));
    made.pattern = std::move(pattern);
    made.expected = std::move(expected);
    made.maximum = kTextBytesMax;
    return made;
}
Parameter choice(std::string path, std::vector<std::string> choices, std::string description) {
    Parameter made = row(std::move(path), Type::choice, std::move(description));
    made.choices = std::move(choices);
    return made;
}
Parameter addresses(std::string path, std::string description) {
    Parameter made = row(std::move(path), Type::list, std::move(description));
    made.pattern = "[A-Za-z0-9.:_-]+";
    made.expected = "addresses or host names such as 10.0.0.1, fd00::1 or any";
    made.maximum = kTextBytesMax;
    return made;
}

Result<Value> parse_value(const Parameter& parameter, std::string_view text) {
    switch (parameter.type) {
        case Type::boolean: {
            const std::string folded = lower(text);
            if (folded != "true" && folded != "false") return wrong(text, "is not a boolean", parameter);
            return Value(folded == "true");
        }
        case Type::choice: {
            const std::string folded = lower(text);
            const auto found = std::ranges::find(parameter.choices, folded);
            if (found == parameter.choices.end()) return wrong(text, "is not a choice", parameter);
            return Value(*found);
        }
        case Type::text: return parse_text(parameter, text);
        case Type::list: return parse_list(parameter, split(text));
        default: return parse_number(parameter, text);
    }
}

Result<Value> parse_list(const Parameter& parameter, const std::vector<std::string>& texts) {
    for (const std::string& item : texts) {
        if (const auto parsed = parse_text(parameter, item); !parsed) return parsed;
    }
    return Value(texts);
}

std::string print_value(const Parameter& parameter, const Value& value) {
    if (const auto* number = std::get_if<int64_t>(&value)) return print_number(parameter.type, *number);
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
        std::string joined;
        for (const std::string& item : *texts) joined += (joined.empty() ? "" : ",") + item;
        return joined;
    }
    return std::get<bool>(value) ? "true" : "false";
}

std::string info_value(const Value& value) {
    if (const auto* number = std::get_if<int64_t>(&value)) return std::to_string(*number);
    if (const auto* text = std::get_if<std::string>(&value)) return text->empty() ? "null" : *text;
    return print_value({}, value);
}

std::string expectation(const Parameter& parameter) {
    switch (parameter.type) {
        case Type::boolean: return "true or false";
        case Type::integer: return range(parameter) + (parameter.unit.empty() ? "" : " " + parameter.unit);
        case Type::size: return range(parameter) + " bytes such as 1048576, 512M or 4G";
        case Type::period: return range(parameter) + " such as 3600, 12h or 30d";
        case Type::percentage: return range(parameter) + " percent";
        case Type::choice: {
            std::string all;
            for (size_t index = 0; index < parameter.choices.size(); ++index) {
                if (index > 0) all += index + 1 == parameter.choices.size() ? " or " : ", ";
                all += parameter.choices[index];
            }
            return all;
        }
        case Type::text:
        case Type::list: break;
    }
    return parameter.expected;
}

std::string_view noun(Type type) {
    switch (type) {
        case Type::boolean: return "a boolean";
        case Type::integer: return "an integer";
        case Type::size: return "a size";
        case Type::period: return "a period";
        case Type::percentage: return "a percentage";
        case Type::text: return "a text";
        case Type::choice: return "a choice";
        case Type::list: return "a list";
    }
    return "";
}

}  // namespace cairn::config
