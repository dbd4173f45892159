#include "node/partition/index_image.h"

namespace cairn::partition {

uint64_t IndexImage::entry_count(PartitionId partition) const { return partitions_.states_[partition].entries(); }

uint64_t IndexImage::sequence(PartitionId partition) const { return partitions_.states_[partition].sequence; }

void IndexImage::append_entries(PartitionId partition, Buffer& out) const {
    Slice& slice = partitions_.slice_of(partition);
    const std::lock_guard entry(slice.door);  // info may count meanwhile
    uint64_t key = 0;
    do {
        key = partitions_.states_[partition].on_device.visit(slice.leaves, key, [&](const index::FatEntry& one) {
            out.append(Bytes(reinterpret_cast<const uint8_t*>(&one), sizeof(one)));
        });
    } while (key != 0);
}

void IndexImage::each_set(const std::function<void(uint16_t id, std::string_view name)>& tell) const {
    for (uint32_t number = 1; number <= sets_.count(); ++number) {
        const auto id = static_cast<SetId>(number);
        if (sets_.exists(id)) tell(id, sets_.name(id));
    }
}

}  // namespace cairn::partition
