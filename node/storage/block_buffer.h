#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "common/base/aligned_buffer.h"
#include "common/base/short_lock.h"

namespace cairn::storage {

class BufferPool;

/// The bytes of a block in memory: while it is open, while it waits to be written, and as long as a cache keeps it.
/// Counted: who holds a BufferRef may read it.
class BlockBuffer {
public:
    BlockBuffer(BufferPool& pool, size_t bytes) : memory(bytes), pool_(pool) {}

    AlignedBuffer memory;
    // For the committer alone.
    uint32_t writes = 0;    // of chunks that are not yet written
    uint32_t unsynced = 0;  // chunks that were sent to the device and are not durable
    bool complete = false;  // its last chunk has been issued

private:
    friend class BufferRef;
    friend class BufferPool;
    BufferPool& pool_;
    std::atomic<uint32_t> holders_{0};
};

/// Holds a buffer.
class BufferRef {
public:
    BufferRef() = default;
    explicit BufferRef(BlockBuffer* buffer) : buffer_(buffer) {
        if (buffer_ != nullptr) buffer_->holders_.fetch_add(1, std::memory_order_relaxed);
    }
    BufferRef(const BufferRef& other) : BufferRef(other.buffer_) {}
    BufferRef(BufferRef&& other) noexcept : buffer_(std::exchange(other.buffer_, nullptr)) {}
    BufferRef& operator=(BufferRef other) noexcept {
        std::swap(buffer_, other.buffer_);
        return *this;
    }
    ~BufferRef();

    explicit operator bool() const { return buffer_ != nullptr; }
    BlockBuffer* get() const { return buffer_; }
    BlockBuffer* operator->() const { return buffer_; }
    /// The caller takes the place of this holder, and gives it back with adopt().
    BlockBuffer* release() { return std::exchange(buffer_, nullptr); }
    static BufferRef adopt(BlockBuffer* buffer) {
        BufferRef ref;
        ref.buffer_ = buffer;
        return ref;
    }

private:
    BlockBuffer* buffer_ = nullptr;
};

/// Buffers of one size are used again: getting a new one from the machine costs more than filling it. From any thread.
class BufferPool {
public:
    /// @param bytes  of a block.
    explicit BufferPool(size_t bytes) : bytes_(bytes) {}
    ~BufferPool();

    /// A buffer of at least one block; contents undefined.
    BufferRef take(size_t bytes);

private:
    friend class BufferRef;
    static constexpr size_t kSpareMax = 16;
    void give(BlockBuffer* buffer);

    const size_t bytes_;
    ShortLock lock_;
    std::vector<std::unique_ptr<BlockBuffer>> spare_;
};

}  // namespace cairn::storage
