#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "node/sindex/definition.h"

namespace cairn::partition {

/// One secondary index of a namespace, shared by all who fill it, ask it and tell of it.
struct SecondaryIndex {
    SecondaryIndex(sindex::Definition over, uint16_t by) : definition(std::move(over)), number(by) {}

    const sindex::Definition definition;  // its name may be an older one: SecondaryIndexes has the present one
    const uint16_t number;                // no other one's while this lives
    std::atomic<uint32_t> partitions_built{0};
    std::atomic<uint64_t> build_ms{0};
    /// Every record has its entries: queries may ask.
    std::atomic<bool> readable{false};
    /// There was no room for an entry: it is not to be asked any more, only deleted.
    std::atomic<bool> incomplete{false};

    bool answers() const {
        return readable.load(std::memory_order_acquire) && !incomplete.load(std::memory_order_relaxed);
    }
};

}  // namespace cairn::partition
