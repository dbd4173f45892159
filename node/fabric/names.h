#pragma once
#include <string>

#include "node/cluster/pulse.h"

namespace cairn::fabric {

inline cluster::Process process_of(const cluster::Member& member) { return {member.id, member.boot}; }

/// A node id as logs, configuration and clients write it: "BB9", upper-case hex.
std::string node_name(cluster::NodeId id);

/// "10.0.0.1" of "10.0.0.1:41234", "fd00::1" of "[fd00::1]:41234".
std::string host_of(const std::string& address);

}  // namespace cairn::fabric
