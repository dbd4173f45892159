#pragma once
#include "node/txn/command.h"

namespace cairn::txn {

/// A command that writes, touches or operates; reads among its operations see what the ones before them wrote.
/// See execute().
ResultCode write(partition::Namespace& ns, Worker& worker, const Command& command, Buffer& out);

/// Calls a function of a registered script on a record, and keeps what it wrote. See execute().
ResultCode call(partition::Namespace& ns, Worker& worker, const Command& command, Buffer& out);

/// Removes a record. See execute().
ResultCode remove(partition::Namespace& ns, Worker& worker, const Command& command, Buffer& out);

}  // namespace cairn::txn
