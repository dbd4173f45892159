#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "common/base/bytes.h"
#include "common/base/check.h"

namespace cairn {

/// Growing byte storage that never zeroes what it hands out: std::vector would clear each reply before it is written.
/// Bytes are appended at the end and consumed from the front; pointers into it are valid until the next append.
class Buffer {
public:
    Buffer() = default;
    explicit Buffer(size_t capacity) { reserve(capacity); }
    ~Buffer() { std::free(data_); }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    Buffer(Buffer&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)),
          begin_(std::exchange(other.begin_, 0)),
          end_(std::exchange(other.end_, 0)),
          capacity_(std::exchange(other.capacity_, 0)) {}
    Buffer& operator=(Buffer&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(begin_, other.begin_);
        std::swap(end_, other.end_);
        std::swap(capacity_, other.capacity_);
        return *this;
    }

    uint8_t* data() { return data_ + begin_; }
    const uint8_t* data() const { return data_ + begin_; }
    size_t size() const { return end_ - begin_; }
    bool empty() const { return begin_ == end_; }
    size_t capacity() const { return capacity_; }
    Bytes bytes() const { return {data(), size()}; }

    /// Room for `size` more bytes at the end, uninitialised; commit() says how many were used.
    uint8_t* prepare(size_t size) {
        if (capacity_ - end_ < size) make_room(size);
        return data_ + end_;
    }
    /// What prepare() can give without growing or moving.
    size_t spare() const { return capacity_ - end_; }
    void commit(size_t size) { end_ += size; }

    uint8_t* append(size_t size) {
        uint8_t* at = prepare(size);
        end_ += size;
        return at;
    }
    void append(Bytes bytes) {
        if (!bytes.empty()) std::memcpy(append(bytes.size()), bytes.data(), bytes.size());
    }
    /// Drops `size` bytes at the front.
    void consume(size_t size) {
        begin_ += size;
        CAIRN_CHECK(begin_ <= end_);
        if (begin_ == end_) begin_ = end_ = 0;
    }
    /// Drops what was appended after `size` bytes.
    void truncate(size_t size) { end_ = begin_ + size; }
    void clear() { begin_ = end_ = 0; }
    void reserve(size_t capacity) {
        if (capacity > capacity_) reallocate(capacity);
    }
    /// Gives the memory back.
    void release() {
        std::free(std::exchange(data_, nullptr));
        begin_ = end_ = capacity_ = 0;
    }

private:
    void make_room(size_t size);
    void reallocate(size_t capacity);

    uint8_t* data_ = nullptr;
    size_t begin_ = 0;  // begin_ <= end_ <= capacity_
    size_t end_ = 0;
    size_t capacity_ = 0;
};

}  // namespace cairn
