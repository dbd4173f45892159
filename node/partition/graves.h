#pragma once
#include <cstdint>
#include <vector>

#include "node/partition/partitions.h"

namespace cairn::partition {

/// The tombstones of a namespace that were made by some time, for the raider.
class NamespaceGraves final : public storage::Graves {
public:
    /// @param partitions  outlive this.
    /// @param until_ms    since 2010; younger ones are passed over.
    NamespaceGraves(Partitions& partitions, uint64_t until_ms) : partitions_(partitions), until_ms_(until_ms) {}

    bool some(std::vector<Grave>& into) override;
    bool end(const Grave& grave) override;

private:
    Partitions& partitions_;
    const uint64_t until_ms_;
    uint32_t partition_ = 0;
    WalkPosition position_;
    std::vector<Partition::Tombstone> leaf_;
};

}  // namespace cairn::partition
