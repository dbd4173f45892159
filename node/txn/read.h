#pragma once
#include "node/txn/command.h"

namespace cairn::txn {

/// A command that only reads. See execute().
ResultCode read(partition::Namespace& ns, Worker& worker, const Command& command, Buffer& out);

}  // namespace cairn::txn
