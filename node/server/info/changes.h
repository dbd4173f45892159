#pragma once
#include <functional>
#include <string>

#include "node/server/info/command.h"
#include "node/server/info_handler.h"
#include "node/server/state.h"

namespace cairn::server {

/// One value of system metadata to be set.
smd::Set set_of(smd::Module module, std::string key, std::string value);
smd::Set removal_of(smd::Module module, std::string key);
/// "namespace|rest"; the namespace alone when there is no rest.
std::string key_of(std::string_view ns, std::string_view rest);

/// Has all nodes of the cluster change system metadata. The line's value comes when they have, or when that is in doubt.
/// @param text  what the client is told. On another thread.
/// @return      the line's value for now.
std::string change_cluster(const State& state, InfoSession& session, std::vector<smd::Set> sets,
                           std::function<std::string(smd::Outcome)> text);

/// "ok", `ERROR:9:timeout`, ...
std::string outcome_text(smd::Outcome outcome);

}  // namespace cairn::server
