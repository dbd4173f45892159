#pragma once
#include <string>
#include <vector>

#include "node/copies/roles.h"
#include "node/fabric/fabric.h"

/// What info says of a cluster's view, as text (docs/protocol.md, "Info").
namespace cairn::server {

/// `[[A2,,[10.0.0.2]],[A3,,[10.0.0.3:3100]]]`: the other members, and where clients reach them; port 3000 is not said.
std::string peers_text(const fabric::Standing& standing, uint64_t self, bool alternate);
/// `10.0.0.2:3000;10.0.0.3:3100`
std::string services_text(const fabric::Standing& standing, uint64_t self, bool alternate);
/// `A3,A2,A1`: the principal first.
std::string succession_text(const cluster::View& view);
/// `rack_0=A1,A2:rack_1=A3`
std::string racks_text(const cluster::Formed& formed, const std::string& ns);
/// The partitions that this node serves as their master, or as the replica of that number, as a bitmap in base64.
std::vector<std::string> replica_bitmaps(const copies::Roles& roles);

}  // namespace cairn::server
