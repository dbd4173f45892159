#include "node/storage/residents.h"

#include <mutex>

#include "common/base/check.h"

namespace cairn::storage {

Residents::~Residents() {
    for (const auto& device : devices_) {
        for (uint32_t block = 0; block < device->blocks.count(); ++block) drop({device->index, block});
    }
}

void Residents::put(BlockRef block, const BufferRef& buffer) {
    BufferRef held = buffer;
    std::lock_guard lock(stripe(block));
    CAIRN_CHECK(slot(block).load(std::memory_order_relaxed) == nullptr);
    slot(block).store(held.release(), std::memory_order_release);
}

BufferRef Residents::find(BlockRef block) const {
    // Who has a place has it from where its block was put before.
    if (slot(block).load(std::memory_order_relaxed) == nullptr) return {};
    std::lock_guard lock(stripe(block));
    return BufferRef(slot(block).load(std::memory_order_relaxed));
}

void Residents::drop(BlockRef block) {
    if (slot(block).load(std::memory_order_relaxed) == nullptr) return;
    BlockBuffer* dropped = nullptr;
    {
        std::lock_guard lock(stripe(block));
        dropped = slot(block).exchange(nullptr, std::memory_order_relaxed);
    }
    BufferRef::adopt(dropped);
}

}  // namespace cairn::storage
