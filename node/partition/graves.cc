#include "node/partition/graves.h"

namespace cairn::partition {
namespace {

constexpr uint32_t kPartitionsMax = 64;  // without tombstones, in one step

}  // namespace

bool NamespaceGraves::some(std::vector<Grave>& into) {
    for (uint32_t passed = 0; passed < kPartitionsMax && partition_ < kPartitionCount; ++passed) {
        const bool any = partitions_.with(static_cast<PartitionId>(partition_), [&](Partition& partition) {
            if (partition.tombstone_count() == 0) return false;
            partition.walk_tombstones(position_, leaf_);
            return true;
        });
        if (!any || position_.done) {
            position_ = {};
            ++partition_;
        }
        if (!any) continue;
        for (const auto& tombstone : leaf_) {
            if (tombstone.last_update_ms <= until_ms_) into.push_back({tombstone.digest, tombstone.place});
        }
        break;
    }
    return partition_ < kPartitionCount;
}

bool NamespaceGraves::end(const Grave& grave) {
    return partitions_.with(grave.digest.partition(), [&](Partition& partition) {
        if (!partition.end_tombstone(grave.digest, grave.place)) return false;
        partition.tidy();
        return true;
    });
}

}  // namespace cairn::partition
