#pragma once
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/config/parameter.h"

namespace cairn::config {

/// The parameters of a file, or of one item of a list in it. The dots in their paths are the maps of the file.
struct Section {
    std::string key;  // of a list: its path in the section above, such as "namespaces"
    std::string description;
    std::vector<Parameter> parameters;     // of an item: the first is its name
    std::vector<Section> lists;            // lists of named maps
    std::vector<std::string> planned_keys; // whole maps and lists of features this version does not have

    /// @return  nullptr when there is none.
    const Parameter* find(std::string_view path) const;
};

/// A value somebody gave, and where: `cairn.yaml:7` or `CAIRN_SERVICE_PROTO_FD_MAX`.
struct Setting {
    Value value;
    std::string source;
};

/// What was given for a section; what is missing has its default.
struct Settings {
    std::string source;
    std::map<std::string, Setting, std::less<>> values;  // by path
    std::map<std::string, std::vector<Settings>, std::less<>> lists;

    /// Of an item of a list.
    std::string name() const;
};

/// The process environment, given by the caller: name and value.
using Environment = std::vector<std::pair<std::string, std::string>>;

/// Reads a YAML file's text.
/// @error  one sentence: `cairn.yaml:7: namespaces[0].default-ttl: 'abc' is not a period; expected ...`.
Result<Settings> parse_yaml(const Section& section, std::string_view text, std::string_view file_name);

/// Overrides `settings` by the variables `CAIRN_<PATH>`: the path in upper case with '_' for '-' and '.', and an item of
/// a list by its name (`CAIRN_NAMESPACES_TEST_DEFAULT_TTL`). Other variables of other programs are left alone.
/// @error  a variable that starts like the path of a section but names no parameter, or whose value is not accepted.
Result<void> apply_environment(const Section& section, const Environment& environment, Settings& settings);

/// parse_value(), and of a planned parameter nothing but its default.
Result<Value> accept_value(const Parameter& parameter, std::string_view text);
Result<Value> accept_list(const Parameter& parameter, const std::vector<std::string>& texts);

/// The value of one dynamic parameter from a command's text.
/// @error  no such parameter, one that needs a restart, or a value that is not accepted; the sentence starts with `path`.
Result<Value> parse_dynamic(const Section& section, std::string_view path, std::string_view text);

/// The candidate with the fewest letters to change, `""` when all are too far away to be meant.
std::string closest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace cairn::config
