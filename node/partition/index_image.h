#pragma once
#include "node/partition/partitions.h"

namespace cairn::partition {

/// The index of a namespace whose records are in a store, as a clean stop keeps it.
class IndexImage final : public storage::IndexImage {
public:
    /// @param partitions, sets  outlive this; nobody changes them meanwhile.
    IndexImage(Partitions& partitions, const Sets& sets) : partitions_(partitions), sets_(sets) {}

    uint16_t entry_bytes() const override { return sizeof(index::FatEntry); }
    uint64_t entry_count(PartitionId partition) const override;
    void append_entries(PartitionId partition, Buffer& out) const override;
    uint64_t sequence(PartitionId partition) const override;
    void each_set(const std::function<void(uint16_t id, std::string_view name)>& tell) const override;

private:
    Partitions& partitions_;
    const Sets& sets_;
};

}  // namespace cairn::partition
