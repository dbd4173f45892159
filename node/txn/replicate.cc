#include "node/txn/replicate.h"

namespace cairn::txn {
namespace {

using partition::Replicator;

constexpr uint32_t kTimeoutMs = 1000;  // of commands that name none

}  // namespace

ResultCode admit_write(const partition::Namespace& ns, Worker& worker, PartitionId partition) {
    const Replicator* const copies = ns.replicator.load(std::memory_order_acquire);
    if (copies == nullptr) return ResultCode::ok;
    switch (copies->may_write(partition)) {
        case Replicator::Access::ok: return ResultCode::ok;
        case Replicator::Access::elsewhere: return ResultCode::unavailable;
        case Replicator::Access::overload: return ResultCode::device_overload;
        case Replicator::Access::moving: break;
    }
    worker.again = true;
    return ResultCode::waiting;
}

ResultCode admit_read(const partition::Namespace& ns, PartitionId partition) {
    const Replicator* const copies = ns.replicator.load(std::memory_order_acquire);
    if (copies == nullptr || copies->may_read(partition) == Replicator::Access::ok) return ResultCode::ok;
    return ResultCode::unavailable;
}

void replicate(partition::Namespace& ns, Worker& worker, const wire::MessageHeader& header,
               partition::Partition& partition, const Digest& digest, const record::Head* version) {
    Replicator* const copies = ns.replicator.load(std::memory_order_acquire);
    if (copies == nullptr) return;
    const Instant now = worker.clock.now();
    const uint32_t timeout_ms = header.timeout_ms == 0 ? kTimeoutMs : header.timeout_ms;
    const Replicator::Written written{.digest = digest,
                                      .version = version,
                                      .commit_all = (header.info3 & wire::info3::commit_master) == 0,
                                      .ticket = worker.tickets + 1,
                                      .now = now,
                                      .deadline = now + std::chrono::milliseconds(timeout_ms)};
    if (!copies->wrote(partition, written)) return;
    worker.unreplicated.push_back({++worker.tickets, worker.reply_at, ns.index});
}

}  // namespace cairn::txn
