#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <variant>

#include "node/storage/tools/check.h"
#include "node/storage/tools/dump.h"

namespace cairn::storage {

constexpr int kUsageError = 2;

/// @param environment  value of a variable; empty when it is not set.
/// @return  what to do, or the status to end with after --help, --version or a wrong line.
using Environment = std::function<std::string(const std::string&)>;
std::variant<CheckSettings, int> parse_check_line(int argc, char** argv, const Environment& environment);
std::variant<DumpSettings, int> parse_dump_line(int argc, char** argv, const Environment& environment);

}  // namespace cairn::storage
