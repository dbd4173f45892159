#pragma once
#include "node/server/info/info.h"

namespace cairn::server {

/// Who this node is and what it owns: all that a client asks while it connects and once a second after.
void add_identity_commands(Info& info, State& state);

}  // namespace cairn::server
