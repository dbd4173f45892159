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
    devices_[block.device]->blocks.hint(block.block).store(held->memory.data(), std::memory_order_relaxed);
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
        devices_[block.device]->blocks.hint(block.block).store(nullptr, std::memory_order_relaxed);
    }
    BufferRef::adopt(dropped);
}

void Residents::prefetch(BlockRef block, uint32_t unit) const {
    const uint8_t* const bytes = devices_[block.device]->blocks.hint(block.block).load(std::memory_order_relaxed);
    if (bytes == nullptr) return;
    const auto at = reinterpret_cast<uintptr_t>(bytes) + size_t{unit} * record::kUnit;
    for (size_t line = 0; line < 3; ++line) __builtin_prefetch(reinterpret_cast<const void*>(at + line * 64));
}

}  // namespace cairn::storage
