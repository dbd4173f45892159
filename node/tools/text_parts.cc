#include "node/tools/text_parts.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ranges>

#include "common/base/number.h"
#include "common/client/endpoint.h"

namespace cairn::ctl {
namespace {

/// "YYYY-MM-DD" at the front, dropped with it.
std::optional<std::chrono::sys_days> take_date(std::string_view& text) {
    int year = 0;
    unsigned month = 0, day = 0;
    const bool whole = text.size() >= 10 && text[4] == '-' && text[7] == '-' && parse_number(text.substr(0, 4), year) &&
                       parse_number(text.substr(5, 2), month) && parse_number(text.substr(8, 2), day);
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
    if (!whole || !date.ok()) return std::nullopt;
    text.remove_prefix(10);
    return std::chrono::sys_days(date);
}

/// "HH:MM:SS". @return  seconds of the day.
std::optional<unsigned> time_of_day(std::string_view text) {
    unsigned hour = 0, minute = 0, second = 0;
    if (text.size() != 8 || text[2] != ':' || text[5] != ':' || !parse_number(text.substr(0, 2), hour) ||
        !parse_number(text.substr(3, 2), minute) || !parse_number(text.substr(6, 2), second) || hour > 23 ||
        minute > 59 || second > 59) {
        return std::nullopt;
    }
    return hour * 3600 + minute * 60 + second;
}

}  // namespace

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (const auto part : std::views::split(text, separator)) {
        if (!part.empty()) parts.emplace_back(part.begin(), part.end());
    }
    return parts;
}

std::optional<int64_t> parse_integer(std::string_view text) {
    int64_t value = 0;
    if (!parse_number(text, value)) return std::nullopt;
    return value;
}

Result<runtime::Endpoint> parse_host(std::string_view text) {
    if (auto endpoint = client::parse_endpoint(text)) return *std::move(endpoint);
    return fail("must be HOST, HOST:PORT or [IPv6]:PORT, got '" + std::string(text) + "'");
}

Result<Duration> parse_duration(std::string_view text) {
    constexpr std::pair<std::string_view, int64_t> kUnits[] = {
        {"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
    std::string_view number = text;
    int64_t unit_ms = 1'000;
    for (const auto& [suffix, ms] : kUnits) {
        if (!text.ends_with(suffix)) continue;
        number = text.substr(0, text.size() - suffix.size());
        unit_ms = ms;
        break;
    }
    const auto value = parse_integer(number);
    constexpr int64_t kMax_ms = int64_t{36'500} * 86'400'000;
    if (!value || *value < 0 || *value > kMax_ms / unit_ms) {
        return fail("must be a time such as 500ms, 30s, 5m, 12h or 7d, got '" + std::string(text) + "'");
    }
    return Duration(std::chrono::milliseconds(*value * unit_ms));
}

Result<uint64_t> parse_past(std::string_view text, uint64_t now_ms) {
    std::string_view left = text;
    if (const auto date = take_date(left)) {
        const auto day_ms = uint64_t(date->time_since_epoch().count()) * 86'400'000;
        if (left.empty()) return day_ms;
        if (left.ends_with('Z')) left.remove_suffix(1);
        if (left.starts_with('T') || left.starts_with(' ')) {
            if (const auto second = time_of_day(left.substr(1))) return day_ms + uint64_t{*second} * 1000;
        }
    } else if (const auto ago = parse_duration(text)) {
        const auto ago_ms = uint64_t(std::chrono::duration_cast<std::chrono::milliseconds>(*ago).count());
        const uint64_t now_unix_ms = now_ms + kEpochUnixSeconds * 1000;
        return now_unix_ms - std::min(ago_ms, now_unix_ms);
    }
    return fail("must be a date (2026-01-31), a time in UTC (2026-01-31T12:00:00) or how long ago (30m), got '" +
                std::string(text) + "'");
}

std::string date_text(uint64_t unix_s) {
    const auto days = std::chrono::sys_days(std::chrono::days(unix_s / 86'400));
    const std::chrono::year_month_day date(days);
    const unsigned second = unsigned(unix_s % 86'400);
    std::array<char, 64> text;
    const int size =
        std::snprintf(text.data(), text.size(), "%04d-%02u-%02u %02u:%02u:%02u UTC", int(date.year()),
                      unsigned(date.month()), unsigned(date.day()), second / 3600, second / 60 % 60, second % 60);
    return std::string(text.data(), size_t(size));
}

std::string age_text(uint64_t seconds) {
    constexpr std::pair<char, uint64_t> kUnits[] = {{'d', 86'400}, {'h', 3'600}, {'m', 60}, {'s', 1}};
    std::string text;
    for (const auto& [letter, size] : kUnits) {
        const bool second_one = !text.empty();
        if (seconds >= size || second_one) {
            text += (second_one ? " " : "") + std::to_string(seconds / size) + letter;
            seconds %= size;
        }
        if (second_one) break;
    }
    return text.empty() ? "0s" : text;
}

std::string bytes_text(uint64_t bytes) {
    constexpr std::string_view kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    double value = double(bytes);
    size_t unit = 0;
    for (; value >= 1024 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
    return decimal(value, unit == 0 || value >= 100 ? 0 : 1) + " " + std::string(kUnits[unit]);
}

std::string count_text(int64_t count) {
    std::string text = std::to_string(count);
    const size_t first = text.starts_with('-') ? 1 : 0;
    for (size_t at = text.size(); at > first + 3;) text.insert(at -= 3, 1, ',');
    return text;
}

std::string decimal(double value, int digits) {
    std::array<char, 64> text;
    const int size = std::snprintf(text.data(), text.size(), "%.*f", digits, value);
    return std::string(text.data(), size_t(size));
}

bool is_like(const std::string& name, const std::string& pattern) {
    if (pattern.find_first_of("*?[") == pattern.npos) return name.contains(pattern);
    return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

}  // namespace cairn::ctl
