#pragma once
#include <string>

#include "common/config/section.h"

namespace cairn::config {

/// The settings with all their defaults as a YAML file that reads back to the same; what is not the default says so in
/// a comment. Planned parameters are left out.
std::string print_yaml(const Section& section, const Settings& settings);

/// JSON Schema (draft 7) of the file. Beside the usual words each parameter has `dynamic` (may change while the node
/// runs), `planned` where only the default is accepted, and `unit` where it has one.
std::string json_schema(const Section& section, const std::string& title);

/// Markdown tables of the section's parameters, a heading for each top-level map and list.
std::string markdown(const Section& section);

}  // namespace cairn::config
