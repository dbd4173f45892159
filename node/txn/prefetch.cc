#include "node/txn/prefetch.h"

namespace cairn::txn {

void prefetch(std::span<const Expected> records) {
    const auto one = [](const Expected& record, auto&& hint) {
        record.ns->partitions.with(record.digest.partition(), [&](partition::Partition& partition) {
            hint(partition, record.digest);
            return true;
        });
    };
    const auto each = [&](auto&& hint) {
        for (const Expected& record : records) one(record, hint);
    };
    for (const Expected& record : records) record.ns->partitions.prefetch(record.digest.partition());
    each([](partition::Partition& partition, const Digest& digest) { partition.prefetch_leaf(digest); });
    each([](partition::Partition& partition, const Digest& digest) { partition.prefetch_record(digest); });
    for (const Expected& record : records) {
        if (record.ns->store == nullptr || !record.with_body) continue;
        one(record, [](partition::Partition& partition, const Digest& digest) { partition.prefetch_stored(digest); });
    }
}

}  // namespace cairn::txn
