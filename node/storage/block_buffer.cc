#include "node/storage/block_buffer.h"

#include <mutex>

namespace cairn::storage {

BufferRef::~BufferRef() {
    if (buffer_ != nullptr && buffer_->holders_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        buffer_->pool_.give(buffer_);
    }
}

BufferPool::~BufferPool() = default;

BufferRef BufferPool::take(size_t bytes) {
    std::unique_ptr<BlockBuffer> buffer;
    if (bytes == bytes_) {
        std::lock_guard lock(lock_);
        if (!spare_.empty()) {
            buffer = std::move(spare_.back());
            spare_.pop_back();
        }
    }
    if (buffer == nullptr) buffer = std::make_unique<BlockBuffer>(*this, bytes);
    buffer->writes = 0;
    buffer->unsynced = 0;
    buffer->complete = false;
    return BufferRef(buffer.release());
}

void BufferPool::give(BlockBuffer* buffer) {
    std::unique_ptr<BlockBuffer> owned(buffer);
    if (owned->memory.size() != bytes_) return;
    std::lock_guard lock(lock_);
    if (spare_.size() < kSpareMax) spare_.push_back(std::move(owned));
}

}  // namespace cairn::storage
