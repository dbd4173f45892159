#include "operator/api/timestamp.h"

#include <chrono>
#include <cstdio>

#include "common/base/number.h"

namespace cairn::api {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::seconds;

std::string up_to_seconds(int64_t unix_seconds) {
    const std::chrono::sys_seconds time{seconds(unix_seconds)};
    const auto day = floor<days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    char text[64];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", int(date.year()), unsigned(date.month()),
                  unsigned(date.day()), int(clock.hours().count()), int(clock.minutes().count()),
                  int(clock.seconds().count()));
    return text;
}

/// The number in `size` digits from `at` on.
bool digits(std::string_view text, size_t at, size_t size, unsigned& number) {
    return text.size() >= at + size && parse_number(text.substr(at, size), number);
}

}  // namespace

std::string to_timestamp(int64_t unix_seconds) { return up_to_seconds(unix_seconds) + "Z"; }

std::string to_micro_timestamp(int64_t unix_microseconds) {
    char fraction[16];
    std::snprintf(fraction, sizeof fraction, ".%06dZ", int(unix_microseconds % 1'000'000));
    return up_to_seconds(unix_microseconds / 1'000'000) + fraction;
}

int64_t from_timestamp(std::string_view text) {
    unsigned year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    const bool read = text.ends_with('Z') && digits(text, 0, 4, year) && digits(text, 5, 2, month) &&
                      digits(text, 8, 2, day) && digits(text, 11, 2, hour) && digits(text, 14, 2, minute) &&
                      digits(text, 17, 2, second);
    if (!read || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':') return 0;
    const std::chrono::year_month_day date{std::chrono::year(int(year)), std::chrono::month(month),
                                           std::chrono::day(day)};
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return 0;
    return std::chrono::duration_cast<seconds>(std::chrono::sys_days(date).time_since_epoch()).count() +
           int64_t(hour) * 3600 + int64_t(minute) * 60 + int64_t(second);
}

}  // namespace cairn::api
