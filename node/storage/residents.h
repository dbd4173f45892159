#pragma once
#include <array>
#include <memory>
#include <span>

#include "node/storage/block_buffer.h"
#include "node/storage/store_device.h"

namespace cairn::storage {

/// Which blocks are in memory. From any thread.
class Residents {
public:
    /// @param devices  outlive this.
    explicit Residents(std::span<const std::unique_ptr<StoreDevice>> devices) : devices_(devices) {}
    ~Residents();

    void put(BlockRef block, const BufferRef& buffer);
    /// Nothing when it is not in memory.
    BufferRef find(BlockRef block) const;
    void drop(BlockRef block);
    /// Starts loading what find() would give there.
    void prefetch(BlockRef block, uint32_t unit) const;

private:
    static constexpr size_t kStripes = 64;
    ShortLock& stripe(BlockRef block) const { return stripes_[(block.block * 8 + block.device) % kStripes].lock; }
    std::atomic<BlockBuffer*>& slot(BlockRef block) const {
        return devices_[block.device]->blocks.resident(block.block);
    }

    struct alignas(64) Stripe {
        ShortLock lock;  // guards the slots: who finds a buffer there holds it before it can go
    };
    const std::span<const std::unique_ptr<StoreDevice>> devices_;
    mutable std::array<Stripe, kStripes> stripes_;
};

}  // namespace cairn::storage
