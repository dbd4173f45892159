#pragma once
#include "node/txn/command.h"

namespace cairn::txn {

/// A command that writes, touches or operates; reads among its operations see what the ones before them wrote.
/// See execute().
ResultCode write(partition::Namespace& ns, Worker& worker, const Command& command, Buffer& out);

/// Removes a record. See execute().
ResultCode remove(partition::Namespace& ns, Worker& worker, const Command& command, Buffer& out);

}  // namespace cairn::txn
