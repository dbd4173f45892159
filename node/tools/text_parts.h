#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/runtime/network.h"

/// Small texts that people type and read. Pure.
namespace cairn::ctl {

/// The parts between separators; empty ones are left out.
std::vector<std::string_view> split(std::string_view text, char separator);
std::optional<int64_t> parse_integer(std::string_view text);

/// host, host:port, [IPv6] or [IPv6]:port; without a port 3000.
Result<runtime::Endpoint> parse_host(std::string_view text);
/// "500ms", "30s" or "30", "5m", "12h", "7d".
Result<Duration> parse_duration(std::string_view text);
/// "2026-01-31", "2026-01-31T12:00:00" with or without Z (UTC), or how long ago: "30m".
/// @param now_ms  milliseconds since 2010-01-01 UTC.
/// @return        milliseconds since 1970-01-01 UTC.
Result<uint64_t> parse_past(std::string_view text, uint64_t now_ms);

/// "2026-01-31 12:00:00 UTC" from seconds since 1970.
std::string date_text(uint64_t unix_s);
/// "3d 4h", "12m 5s": the two largest units.
std::string age_text(uint64_t seconds);
/// "1.5 GiB"
std::string bytes_text(uint64_t bytes);
/// "1,234,567"
std::string count_text(int64_t count);
/// With so many digits after the point.
std::string decimal(double value, int digits);
/// Whether `name` contains `pattern`, or fits it when it has * ? or [.
bool is_like(const std::string& name, const std::string& pattern);

}  // namespace cairn::ctl
