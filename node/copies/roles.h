#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

#include "node/replication/partition_machine.h"

namespace cairn::copies {

/// What this node is for each partition of one namespace, to be read from any thread without its door.
class Roles {
public:
    using Role = replication::PartitionMachine::Role;
    /// Replicas that clients are told of; more are kept, and not told.
    static constexpr size_t kColumnsMax = 8;

    Role of(PartitionId partition) const { return roles_[partition].load(std::memory_order_relaxed); }
    void set(PartitionId partition, Role role) { roles_[partition].store(role, std::memory_order_relaxed); }

    /// Bit 0: clients are sent here as to the master; bit n: as to the n-th replica. The master stands in for replicas
    /// that are not in sync.
    uint8_t columns(PartitionId partition) const { return columns_[partition].load(std::memory_order_relaxed); }
    void set_columns(PartitionId partition, uint8_t bits) {
        columns_[partition].store(bits, std::memory_order_relaxed);
    }
    /// Copies that each partition should have.
    size_t column_count() const { return column_count_.load(std::memory_order_relaxed); }
    void set_column_count(size_t count) {
        column_count_.store(std::min(count, kColumnsMax), std::memory_order_relaxed);
    }

    size_t count(Role role) const;

private:
    std::array<std::atomic<Role>, kPartitionCount> roles_{};
    std::array<std::atomic<uint8_t>, kPartitionCount> columns_{};
    std::atomic<size_t> column_count_{1};
};

}  // namespace cairn::copies
