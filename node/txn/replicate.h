#pragma once
#include "node/txn/command.h"

namespace cairn::txn {

/// Whether this node may write (or read) here, inside the partition's door. Alone it always may.
/// @return  ok; waiting: the command is to be run again in a moment; unavailable: another node answers for the
///          partition; device_overload: too many writes wait for other copies.
ResultCode admit_write(const partition::Namespace& ns, Worker& worker, PartitionId partition);
ResultCode admit_read(const partition::Namespace& ns, PartitionId partition);

/// Hands what this step has written to the other copies; the reply waits for them where the command asks so.
/// @param version  whole; null: the record is gone.
void replicate(partition::Namespace& ns, Worker& worker, const wire::MessageHeader& header,
               partition::Partition& partition, const Digest& digest, const record::Head* version);

}  // namespace cairn::txn
