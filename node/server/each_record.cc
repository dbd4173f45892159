#include "node/server/each_record.h"

namespace cairn::server {

runtime::Task<bool> each_record(runtime::TaskGroup& group, partition::Namespace& ns,
                                std::function<void(const record::Head&)> visit) {
    for (size_t pid = 0; pid < kPartitionCount; ++pid) {
        for (partition::WalkPosition position; !position.done;) {
            ns.partitions.with(static_cast<PartitionId>(pid), [&](partition::Partition& partition) {
                std::vector<record::Head*> leaf;
                partition.walk(position, leaf);
                for (const record::Head* record : leaf) visit(*record);
                return true;
            });
            if (position.done && pid % 64 != 0) break;  // most partitions are short: a turn for several
            if (!co_await group.yield()) co_return false;
        }
    }
    co_return true;
}

}  // namespace cairn::server
