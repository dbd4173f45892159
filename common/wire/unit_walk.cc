#include "common/wire/unit_walk.h"

namespace cairn::wire {

bool UnitWalk::next() {
    if (left_.empty() || broken_) return false;
    broken_ = left_.size() < kMessageHeaderSize;
    if (broken_) return false;
    const Bytes from = left_;
    header_ = MessageHeader::load(left_.data());
    left_ = left_.subspan(kMessageHeaderSize);
    broken_ = !skip(size_t(header_.field_count) + header_.op_count);
    unit_ = from.first(from.size() - left_.size());
    return !broken_;
}

bool UnitWalk::skip(size_t count) {
    for (; count > 0; --count) {
        if (left_.size() < 4) return false;
        const size_t size = 4 + size_t{load_be<uint32_t>(left_.data())};
        if (left_.size() < size) return false;
        left_ = left_.subspan(size);
    }
    return true;
}

}  // namespace cairn::wire
