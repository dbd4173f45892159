#include "node/partition/prefetch.h"

namespace cairn::partition {

void prefetch(std::span<const Expected> records) {
    const auto one = [](const Expected& record, auto&& hint) {
        record.ns->partitions.with(record.digest.partition(), [&](Partition& partition) {
            hint(partition, record.digest);
            return true;
        });
    };
    const auto each = [&](auto&& hint) {
        for (const Expected& record : records) one(record, hint);
    };
    for (const Expected& record : records) {
        record.ns->partitions.prefetch(record.digest.partition());
        const Replicator* const replicator = record.ns->replicator.load(std::memory_order_acquire);
        if (record.written && replicator != nullptr) replicator->prefetch(record.digest.partition());
    }
    each([](Partition& partition, const Digest& digest) { partition.prefetch_leaf(digest); });
    each([](Partition& partition, const Digest& digest) { partition.prefetch_record(digest); });
    for (const Expected& record : records) {
        if (record.ns->store == nullptr || !record.with_body) continue;
        one(record, [](Partition& partition, const Digest& digest) { partition.prefetch_stored(digest); });
    }
}

}  // namespace cairn::partition
