#include "common/base/buffer.h"

#include <algorithm>
#include <new>

namespace cairn {

void Buffer::make_room(size_t size) {
    if (capacity_ - this->size() >= size && begin_ >= capacity_ / 2) {
        std::memmove(data_, data_ + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
        return;
    }
    reallocate(std::max(this->size() + size, std::max<size_t>(capacity_ * 2, 512)));
}

void Buffer::reallocate(size_t capacity) {
    auto* grown = static_cast<uint8_t*>(std::malloc(capacity));
    if (grown == nullptr) throw std::bad_alloc();
    const size_t kept = size();
    if (kept != 0) std::memcpy(grown, data(), kept);
    std::free(data_);
    data_ = grown;
    begin_ = 0;
    end_ = kept;
    capacity_ = capacity;
}

}  // namespace cairn
