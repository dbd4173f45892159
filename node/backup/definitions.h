#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "common/backup/entry.h"
#include "common/base/result.h"

/// Index definitions and modules as info texts. Pure.
namespace cairn::backup {

/// The value of info "sindex-list:namespace=NS;b64=true".
Result<std::vector<IndexDefinition>> parse_index_list(std::string_view value);
/// The info command that creates the index. @param ns  where; the definition's own when empty.
std::string create_command(const IndexDefinition& index, std::string_view ns);

/// Names in the value of info "udf-list".
std::vector<std::string> parse_module_list(std::string_view value);
/// The value of info "udf-get:filename=NAME".
Result<Module> parse_module(std::string_view name, std::string_view value);
std::string put_command(const Module& module);

}  // namespace cairn::backup
