#include "node/txn/prefetch.h"

namespace cairn::txn {

void prefetch(std::span<const Expected> records) {
    const auto each = [records](auto&& hint) {
        for (const Expected& record : records) {
            record.ns->partitions.with(record.digest.partition(), [&](partition::Partition& partition) {
                hint(partition, record.digest);
                return true;
            });
        }
    };
    for (const Expected& record : records) record.ns->partitions.prefetch(record.digest.partition());
    each([](partition::Partition& partition, const Digest& digest) { partition.prefetch_leaf(digest); });
    each([](partition::Partition& partition, const Digest& digest) { partition.prefetch_record(digest); });
}

}  // namespace cairn::txn
