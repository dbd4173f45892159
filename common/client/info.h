#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace cairn::client {

/// Info values by the name that was asked, as the server echoed it.
using InfoMap = std::map<std::string, std::string, std::less<>>;

/// The body of an info reply: a line "name<TAB>value" for each name.
/// @error  a line has no tab: the server refused the request as a whole; `detail` is that line.
Result<InfoMap> parse_info(std::string_view body);

/// A value that is itself a list "key=value;key=value". Entries without '=' have an empty value.
InfoMap parse_pairs(std::string_view value, char separator = ';');

/// Whether a value reports a failure ("ERROR:4:…", "FAIL:…").
bool is_info_error(std::string_view value);

}  // namespace cairn::client
