#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "common/base/bytes.h"
#include "common/base/check.h"

namespace cairn {

/// Bytes at an address that a device takes: of a fixed size, aligned, and not cleared. Whoever sends them to a device
/// fills all of them first, or what another record left in memory ends up there.
class AlignedBuffer {
public:
    /// Enough for every device: a page.
    static constexpr size_t kAlignment = 4096;

    AlignedBuffer() = default;
    /// @param size       bytes, a multiple of `alignment`.
    /// @param alignment  a power of two, at least 16.
    explicit AlignedBuffer(size_t size, size_t alignment = kAlignment) : size_(size) {
        CAIRN_CHECK(alignment >= 16 && std::has_single_bit(alignment) && size % alignment == 0);
        if (size == 0) return;
        data_ = static_cast<uint8_t*>(std::aligned_alloc(alignment, size));
        CAIRN_CHECK(data_ != nullptr);
    }
    ~AlignedBuffer() { std::free(data_); }
    AlignedBuffer(const AlignedBuffer&) = delete;
    AlignedBuffer& operator=(const AlignedBuffer&) = delete;
    AlignedBuffer(AlignedBuffer&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        return *this;
    }

    uint8_t* data() { return data_; }
    const uint8_t* data() const { return data_; }
    size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    MutableBytes span() { return {data_, size_}; }
    Bytes bytes() const { return {data_, size_}; }

private:
    uint8_t* data_ = nullptr;
    size_t size_ = 0;
};

}  // namespace cairn
